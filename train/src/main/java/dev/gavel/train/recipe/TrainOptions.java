package dev.gavel.train.recipe;

import dev.gavel.tensor.optim.AdamW;
import dev.gavel.tensor.optim.Schedule;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// How it is trained: the Hugging Face Trainer's names and defaults.
@OptGroup("Training")
public record TrainOptions(
    @Opt(value = "run folder: holds the trained model at the end", meta = "DIR") Path outputDir,
    @Opt(
            value = "rows of a forward pass; one number per phase with --dataset_phases",
            def = "8",
            range = "[1, 1000000]")
        List<Integer> perDeviceTrainBatchSize,
    @Opt(value = "forward passes of a step", def = "1", range = "[1, 1000000]")
        int gradientAccumulationSteps,
    @Opt(value = "passes over the rows", def = "3", range = "(0, 1000000]") double numTrainEpochs,
    @Opt(
            value = "steps, whatever num_train_epochs says; -1: not set",
            def = "-1",
            range = "[-1, inf)")
        int maxSteps,
    @Opt(value = "peak learning rate", def = "2e-5", range = "[0, inf)") double learningRate,
    @Opt(value = "how the learning rate runs after the warm-up", def = "linear")
        Schedule.Type lrSchedulerType,
    @Opt(
            value = "steps of linear warm-up; below 1: a fraction of all steps, rounded up",
            def = "0",
            range = "[0, inf)")
        double warmupSteps,
    @Opt(value = "older name of a warmup_steps below 1", def = "0", range = "[0, 1)")
        double warmupRatio,
    @Opt(
            value = "least learning rate as a share of the peak",
            range = "[0, 1]",
            with = "lr_scheduler_type=cosine_with_min_lr")
        Optional<Double> minLrRate,
    @Opt(value = "decoupled decay of all matrices", def = "0", range = "[0, inf)")
        double weightDecay,
    @Opt(value = "AdamW's decay of the mean", def = "0.9", range = "[0, 1)") double adamBeta1,
    @Opt(value = "AdamW's decay of the mean square", def = "0.999", range = "[0, 1)")
        double adamBeta2,
    @Opt(value = "added to AdamW's denominator", def = "1e-8", range = "[0, inf)")
        double adamEpsilon,
    @Opt(value = "gradients are scaled down to this norm; 0: never", def = "1", range = "[0, inf)")
        double maxGradNorm,
    @Opt(value = "compute activations again instead of keeping them", def = "false")
        boolean gradientCheckpointing,
    @Opt(value = "order of rows", def = "random") Sampling trainSamplingStrategy,
    @Opt("false: the same as --train_sampling_strategy sequential")
        Optional<Boolean> shuffleDataset,
    @Opt(value = "steps between rows of metrics.jsonl", def = "10", range = "[1, inf)")
        int loggingSteps,
    @Opt(value = "when to evaluate", def = "no") When evalStrategy,
    @Opt(
            value = "steps between evaluations; default: logging_steps",
            range = "[1, inf)",
            with = "eval_strategy=steps")
        Optional<Integer> evalSteps,
    @Opt(value = "rows of a forward pass of an evaluation", def = "8", range = "[1, 1000000]")
        int perDeviceEvalBatchSize,
    @Opt(value = "when to save a checkpoint", def = "steps") When saveStrategy,
    @Opt(
            value = "steps between checkpoints; the last step has one too",
            def = "500",
            range = "[1, inf)",
            with = "save_strategy=steps")
        int saveSteps,
    @Opt(value = "checkpoints that stay, the newest ones; default: all", range = "[1, inf)")
        Optional<Integer> saveTotalLimit,
    @Opt(value = "go on from the newest checkpoint (true) or from this one", meta = "true|DIR")
        Optional<String> resumeFromCheckpoint,
    @Opt(value = "read, count, estimate memory and time, and train nothing", def = "false")
        boolean dryRun) {

  /// For [dev.gavel.train.config.With]: what only evaluations read. The reference of dpo is
  /// computed ahead in such batches too.
  public static final String EVALUATING = "per_device_eval_batch_size: eval_strategy=steps,epoch";

  /// Order of rows.
  public enum Sampling {
    RANDOM,
    SEQUENTIAL
  }

  /// How often something is done.
  public enum When {
    NO,
    STEPS,
    EPOCH
  }

  public TrainOptions {
    perDeviceTrainBatchSize = List.copyOf(perDeviceTrainBatchSize);
    if (minLrRate.isEmpty() && lrSchedulerType == Schedule.Type.COSINE_WITH_MIN_LR) {
      throw new IllegalArgumentException(
          "--lr_scheduler_type cosine_with_min_lr needs --min_lr_rate");
    }
    if (warmupSteps > 0 && warmupRatio > 0) {
      throw new IllegalArgumentException("--warmup_steps and --warmup_ratio are the same option");
    }
    if (warmupSteps > 1 && warmupSteps != Math.rint(warmupSteps)) {
      throw new IllegalArgumentException(
          "--warmup_steps %s: expected a whole number, or a fraction below 1"
              .formatted(warmupSteps));
    }
    if (lrSchedulerType == Schedule.Type.CONSTANT && warmupSteps + warmupRatio > 0) {
      throw new IllegalArgumentException(
          "--lr_scheduler_type constant has no warm-up; constant_with_warmup has");
    }
    if (maxSteps == 0) {
      throw new IllegalArgumentException("--max_steps 0 trains nothing; expected 1 or more, or -1");
    }
    if (trainSamplingStrategy == Sampling.SEQUENTIAL && shuffleDataset.orElse(false)) {
      throw new IllegalArgumentException(
          "--shuffle_dataset true and --train_sampling_strategy sequential contradict each other");
    }
  }

  /// Whether rows come in random order.
  public boolean shuffled() {
    return trainSamplingStrategy == Sampling.RANDOM && shuffleDataset.orElse(true);
  }

  /// The learning rate over `steps` steps.
  public Schedule schedule(int steps) {
    double warmup = Math.max(warmupSteps, warmupRatio);
    int warmupCount = (int) (warmup < 1 ? Math.ceil(warmup * steps) : warmup);
    return new Schedule(lrSchedulerType, warmupCount, steps, minLrRate.orElse(0.0));
  }

  public AdamW.Options adamW() {
    return new AdamW.Options(adamBeta1, adamBeta2, adamEpsilon, weightDecay);
  }

  /// Whether something that is done `when`, or every `every` steps, is due after a step.
  static boolean due(When when, int every, TrainingPlan.Step step) {
    return switch (when) {
      case NO -> false;
      case STEPS -> step.number() % every == 0;
      case EPOCH -> step.endsEpoch();
    };
  }

  boolean evaluates(TrainingPlan.Step step) {
    return due(evalStrategy, evalSteps.orElse(loggingSteps), step);
  }

  boolean saves(TrainingPlan.Step step, boolean last) {
    return due(saveStrategy, saveSteps, step) || (last && saveStrategy == When.STEPS);
  }
}
