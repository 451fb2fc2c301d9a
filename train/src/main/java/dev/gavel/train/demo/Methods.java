package dev.gavel.train.demo;

import dev.gavel.train.demo.LabelledPair.Form;
import dev.gavel.train.demo.Method.Role;
import dev.gavel.train.stage.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// The base model and the methods that are compared, each as the commands that make and ask it. A
/// new method is a new entry of [#all].
final class Methods {
  /// How often comparing is measured in base training.
  private static final int EVALUATIONS = 30;

  private final DemoOptions options;
  private final DemoPlan plan;
  private final DemoFolder folder;
  private final Stages stages;

  Methods(DemoOptions options, DemoPlan plan, DemoFolder folder) {
    this.options = options;
    this.plan = plan;
    this.folder = folder;
    this.stages = new Stages(options, plan, folder);
  }

  /// In the order of the tables; the zero-shot judge, with which the others are compared, first.
  /// Later rounds of a loop follow the earlier ones, which make their models.
  List<Method> all() {
    List<Method> all = new ArrayList<>(List.of(zeroShot(), letter()));
    all.addAll(List.of(bradleyTerry(), pairRm(), genRm()));
    all.addAll(new Loops(stages).all(options.sources(), options.imitates()));
    return all;
  }

  // ---------------------------------------------------------------- the base model

  /// From random weights over both phases, under one optimizer and one schedule.
  Stage base() {
    Stage stage =
        new Stage("sft")
            .with("init_from_config", folder.config())
            .with("scaled_init", true)
            .with("dataset", each(folder::corpus))
            .with("dataset_phases", true)
            .with("per_device_train_batch_size", each(i -> World.PHASES.get(i).batch()))
            .with("num_train_epochs", 1)
            .with("eval_dataset", folder.marks())
            .with("eval_strategy", "steps")
            .with("eval_steps", Math.ceilDiv(plan.steps(), EVALUATIONS))
            .with("per_device_eval_batch_size", 64);
    return stages.learning(stage, "3e-3", "0.04").with("output_dir", folder.base());
  }

  private <T> List<T> each(IntFunction<T> ofPhase) {
    return IntStream.range(0, plan.phases()).mapToObj(ofPhase).toList();
  }

  /// The base model, as it is read.
  Stage readingBase() {
    return stages.onDevice(new Stage("judge").with("model_name_or_path", folder.base()));
  }

  // ---------------------------------------------------------------- methods without a loop

  private Method zeroShot() {
    return stages.method(
        "llm-as-a-judge",
        "LLM-as-a-judge",
        0,
        Role.ZERO_SHOT,
        "the base model thinks aloud, then gives its verdict; the majority of %d votes counts"
            .formatted(plan.votes()),
        List.of(),
        folder.base(),
        "cot",
        stages.voting(plan.votes()));
  }

  private Method letter() {
    return stages.method(
        "genrm-base",
        "GenRM (base)",
        0,
        Role.LETTER,
        "the base model names a letter at once; the more probable one counts",
        List.of(),
        folder.base(),
        "genrm",
        stages::askedAtOnce);
  }

  private Method bradleyTerry() {
    return explicit(
        "bradley-terry",
        "Bradley-Terry",
        "trained to give the better answer the higher value; it reads one answer at a time",
        training("reward", Form.CHAT),
        "bt",
        UnaryOperator.identity());
  }

  private Method pairRm() {
    return explicit(
        "pairrm",
        "PairRM",
        "trained to give a pair a value that is positive where A is better; asked in both orders",
        stages.askedAtOnce(training("pairrm", Form.TEXTS)),
        "pairrm",
        stage -> stages.askedAtOnce(stage).with("order", "both"));
  }

  private Method genRm() {
    return explicit(
        "genrm",
        "GenRM",
        "trained to name the letter of the better answer at once",
        stages.askedAtOnce(training("genrm", Form.TEXTS)),
        "genrm",
        stages::askedAtOnce);
  }

  private Method explicit(
      String id,
      String name,
      String about,
      Stage training,
      String judge,
      UnaryOperator<Stage> how) {
    return stages.method(
        id,
        name,
        0,
        Role.EXPLICIT,
        about,
        List.of(training.with("output_dir", folder.model(id))),
        folder.model(id),
        judge,
        how);
  }

  /// The one recipe of all explicit reward models: all preferences, on top of the base model.
  private Stage training(String command, Form form) {
    return stages
        .onBase(command, "1e-3")
        .with("dataset", folder.preferences(form))
        .with("num_train_epochs", plan.epochs());
  }
}
