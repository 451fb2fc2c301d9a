package dev.gavel.train.demo;

import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.judge.JudgeOptions;
import dev.gavel.train.judge.JudgeRun;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.recipe.RunContext;
import dev.gavel.train.recipe.SftConfig;
import dev.gavel.train.recipe.Training;
import dev.gavel.train.run.FolderLock;
import dev.gavel.train.run.FolderSettings;
import dev.gavel.train.run.RunReport;
import dev.gavel.train.run.TrainingLog;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/// The paper in miniature, from nothing to a table: makes a world, trains a model from scratch in
/// it, reads it back as anyone would, and lets it judge.
///
/// Each stage is the `gavel` command of that name, called as a library; what it is called with is
/// shown. A stage that is done is not done again, one that was interrupted goes on.
public final class Demo {
  /// How often comparing is measured in training.
  private static final int EVALUATIONS = 30;

  private final DemoOptions options;
  private final DemoPlan plan;
  private final World world;
  private final DemoFolder folder;
  private final PrintStream log;
  private final BooleanSupplier interrupted;

  /// @param log where it says how far it is
  /// @param interrupted looked at between steps and tokens: true ends the work early
  public Demo(DemoOptions options, PrintStream log, BooleanSupplier interrupted) {
    this(options, DemoPlan.of(options), log, interrupted);
  }

  Demo(DemoOptions options, DemoPlan plan, PrintStream log, BooleanSupplier interrupted) {
    this.options = options;
    this.plan = plan;
    this.log = log;
    this.interrupted = interrupted;
    world = new World(options.seed());
    folder = new DemoFolder(options.outputDir());
  }

  /// Runs what is not done yet, and writes results and report.
  ///
  /// @return the table; empty when interrupted
  /// @throws IllegalStateException for a folder of other settings
  public Optional<String> run() throws IOException {
    try (FolderLock _ = FolderLock.take(folder.path())) {
      FolderSettings.claim(folder.path(), settings(), folder.world().getFileName().toString());
      log.println("1/4 the world: questions, answers, people and judges, in " + folder.world());
      new WorldFiles(world, plan, folder).write();
      if (!train()) {
        return Optional.empty();
      }
      double rightMark = rightMark();
      log.println("4/4 judging");
      if (!judge(inDomainStage()) || !judge(outOfDomainStage())) {
        return Optional.empty();
      }
      return Optional.of(report(rightMark));
    }
  }

  private Optional<String> device() {
    return Optional.of(options.device()).filter(d -> !d.equals("auto"));
  }

  private ObjectNode settings() {
    ObjectNode settings = Json.mapper().createObjectNode();
    settings.put("demo", "miniature").put("seed", options.seed()).put("fast", options.fast());
    return settings.put("scale", options.scale()).put("device", options.device());
  }

  // ---------------------------------------------------------------- training

  /// From random weights over both phases, under one optimizer and one schedule.
  private Stage trainingStage() {
    return new Stage("sft")
        .with("init_from_config", folder.config())
        .with("scaled_init", true)
        .with("dataset", each(folder::corpus))
        .with("dataset_phases", true)
        .with("per_device_train_batch_size", each(i -> World.PHASES.get(i).batch()))
        .with("num_train_epochs", 1)
        .with("learning_rate", "3e-3")
        .with("lr_scheduler_type", "cosine")
        .with("warmup_steps", "0.04")
        .with("weight_decay", "0.1")
        .with("adam_beta2", "0.95")
        .with("max_grad_norm", 1)
        .with("eval_dataset", folder.marks())
        .with("eval_strategy", "steps")
        .with("eval_steps", Math.ceilDiv(plan.steps(), EVALUATIONS))
        .with("per_device_eval_batch_size", 64)
        .with("save_total_limit", 1)
        .with("resume_from_checkpoint", true)
        .with("seed", options.seed())
        .with("device", device())
        .with("threads", options.threads())
        .with("output_dir", folder.base());
  }

  /// @return false when interrupted
  private boolean train() throws IOException {
    Stage stage = trainingStage();
    log.println("2/4 the base model, from random weights");
    log.println(stage.line());
    if (Files.exists(folder.base().resolve(RunReport.FILE))) {
      log.println("is trained already");
      return true;
    }
    Bound<SftConfig> call = stage.bind(SftConfig.class);
    RunContext context = new RunContext(log, interrupted);
    return Training.run(call.options(), call.json(), context).checkpoint().isEmpty();
  }

  private <T> List<T> each(IntFunction<T> ofPhase) {
    return IntStream.range(0, plan.phases()).mapToObj(ofPhase).toList();
  }

  // ---------------------------------------------------------------- the trained model

  private Stage withModel(Stage stage) {
    return stage
        .with("model_name_or_path", folder.base())
        .with("device", device())
        .with("threads", options.threads());
  }

  private double rightMark() throws IOException {
    Stage reading = withModel(new Stage("judge"));
    log.println("3/4 reading " + folder.base() + " back");
    try (LoadedModel model = LoadedModel.open(reading.bind(ModelOptions.class).options())) {
      double rightMark = RightMark.measure(model, world.probes(plan.probes()));
      log.printf("right mark on clean chains: %.3f%n", rightMark);
      return rightMark;
    }
  }

  // ---------------------------------------------------------------- judging

  record JudgeCall(JudgeOptions judging, ModelOptions model) {}

  private Stage inDomainStage() {
    return judgeStage(List.of(folder.inDomain()), folder.judgedInDomain());
  }

  private Stage outOfDomainStage() {
    return judgeStage(folder.outOfDomain(), folder.judgedOutOfDomain());
  }

  private Stage judgeStage(List<Path> pairs, Path to) {
    return withModel(new Stage("judge"))
        .with("dataset", pairs)
        .with("prompt_template", folder.judgePrompt())
        .with("n", plan.votes())
        .with("max_new_tokens", 28)
        .with("batch_size", 512)
        .with("seed", options.seed())
        .with("output_dir", to);
  }

  /// @return false when interrupted
  private boolean judge(Stage stage) throws IOException {
    log.println(stage.line());
    JudgeCall call = stage.bind(JudgeCall.class).options();
    return new JudgeRun(call.model(), call.judging(), log, interrupted).run() != null;
  }

  // ---------------------------------------------------------------- results

  private String report(double rightMark) throws IOException {
    List<TestPair> unseen =
        Arrays.stream(Section.values())
            .flatMap(s -> world.outOfDomain(s, plan.perSection()).stream())
            .toList();
    List<Judged> inDomain =
        Judged.read(
            folder.judgedInDomain(), List.of(folder.inDomain()), world.inDomain(plan.inDomain()));
    List<Judged> outOfDomain =
        Judged.read(folder.judgedOutOfDomain(), folder.outOfDomain(), unseen);
    DemoResults results =
        DemoResults.of(inDomain, outOfDomain, rightMark, plan.tooShort(), options.seed());
    AtomicFiles.writeString(folder.results(), Json.writePretty(results.toJson()));
    LearningCurve learning = LearningCurve.read(folder.base().resolve(TrainingLog.METRICS));
    List<String> commands =
        List.of(trainingStage().line(), inDomainStage().line(), outOfDomainStage().line());
    AtomicFiles.writeString(
        folder.report(),
        new DemoPage(plan, results, inDomain, outOfDomain, learning, commands).html());
    log.println("report: " + folder.report().toAbsolutePath().toUri());
    return DemoTable.text(results);
  }
}
