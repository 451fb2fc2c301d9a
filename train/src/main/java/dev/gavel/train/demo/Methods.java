package dev.gavel.train.demo;

import dev.gavel.train.demo.LabelledPair.Form;
import dev.gavel.train.demo.Method.Role;
import dev.gavel.train.demo.ModelFiles.Prompt;
import dev.gavel.train.stage.Stage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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

  Methods(DemoOptions options, DemoPlan plan, DemoFolder folder) {
    this.options = options;
    this.plan = plan;
    this.folder = folder;
  }

  /// In the order of the tables; the zero-shot judge, with which the others are compared, first.
  List<Method> all() {
    return List.of(zeroShot(), letter(), bradleyTerry(), pairRm(), genRm());
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
    return learning(stage, "3e-3", "0.04").with("output_dir", folder.base());
  }

  private <T> List<T> each(IntFunction<T> ofPhase) {
    return IntStream.range(0, plan.phases()).mapToObj(ofPhase).toList();
  }

  // ---------------------------------------------------------------- methods

  private Method zeroShot() {
    UnaryOperator<Stage> asked =
        stage ->
            stage
                .with("prompt_template", folder.prompt(Prompt.JUDGE))
                .with("n", plan.votes())
                .with("max_new_tokens", 28);
    return method(
        "llm-as-a-judge",
        "LLM-as-a-judge",
        Role.ZERO_SHOT,
        "the base model thinks aloud, then gives its verdict; the majority of %d votes counts"
            .formatted(plan.votes()),
        Optional.empty(),
        "cot",
        asked);
  }

  private Method letter() {
    return method(
        "genrm-base",
        "GenRM (base)",
        Role.LETTER,
        "the base model names a letter at once; the more probable one counts",
        Optional.empty(),
        "genrm",
        this::askedAtOnce);
  }

  private Method bradleyTerry() {
    return method(
        "bradley-terry",
        "Bradley-Terry",
        Role.EXPLICIT,
        "trained to give the better answer the higher value; it reads one answer at a time",
        Optional.of(training("reward", Form.CHAT)),
        "bt",
        UnaryOperator.identity());
  }

  private Method pairRm() {
    return method(
        "pairrm",
        "PairRM",
        Role.EXPLICIT,
        "trained to give a pair a value that is positive where A is better; asked in both orders",
        Optional.of(askedAtOnce(training("pairrm", Form.TEXTS))),
        "pairrm",
        stage -> askedAtOnce(stage).with("order", "both"));
  }

  private Method genRm() {
    return method(
        "genrm",
        "GenRM",
        Role.EXPLICIT,
        "trained to name the letter of the better answer at once",
        Optional.of(askedAtOnce(training("genrm", Form.TEXTS))),
        "genrm",
        this::askedAtOnce);
  }

  // ---------------------------------------------------------------- parts of them

  /// @param training what is special about it; empty: the base model is asked
  /// @param how what is special about asking it
  private Method method(
      String id,
      String name,
      Role role,
      String about,
      Optional<Stage> training,
      String judge,
      UnaryOperator<Stage> how) {
    Form form = judge.equals("bt") ? Form.CHAT : Form.TEXTS;
    Path model = training.isPresent() ? folder.trained(id) : folder.base();
    return new Method(
        name,
        role,
        about,
        training.map(stage -> stage.with("output_dir", model)),
        form,
        judging(id, judge, model, form, Domain.IN, how),
        judging(id, judge, model, form, Domain.OUT, how));
  }

  private Stage judging(
      String id, String judge, Path model, Form form, Domain domain, UnaryOperator<Stage> how) {
    Stage stage =
        onDevice(new Stage("judge").with("model_name_or_path", model))
            .with("method", judge)
            .with("dataset", folder.tests(domain, form));
    return how.apply(stage)
        .with("batch_size", 512)
        .with("seed", options.seed())
        .with("output_dir", folder.judged(id, domain));
  }

  /// The prompt of those who answer at once.
  private Stage askedAtOnce(Stage stage) {
    return stage.with("prompt_template", folder.prompt(Prompt.VERDICT));
  }

  /// The one recipe of all explicit reward models: all preferences, on top of the base model.
  private Stage training(String command, Form form) {
    Stage stage =
        new Stage(command)
            .with("model_name_or_path", folder.base())
            .with("dataset", folder.preferences(form))
            .with("per_device_train_batch_size", 32)
            .with("gradient_accumulation_steps", 1)
            .with("num_train_epochs", plan.epochs());
    return learning(stage, "1e-3", "0.1");
  }

  /// What all training has in common.
  private Stage learning(Stage stage, String rate, String warmup) {
    return onDevice(stage)
        .with("learning_rate", rate)
        .with("lr_scheduler_type", "cosine")
        .with("warmup_steps", warmup)
        .with("weight_decay", "0.1")
        .with("adam_beta2", "0.95")
        .with("max_grad_norm", 1)
        .with("save_total_limit", 1)
        .with("resume_from_checkpoint", true)
        .with("seed", options.seed());
  }

  private Stage onDevice(Stage stage) {
    Optional<String> device = Optional.of(options.device()).filter(d -> !d.equals("auto"));
    return stage.with("device", device).with("threads", options.threads());
  }

  /// The base model, as it is read.
  Stage readingBase() {
    return onDevice(new Stage("judge").with("model_name_or_path", folder.base()));
  }
}
