package dev.gavel.train.star;

import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Defaults;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.config.With;
import dev.gavel.train.data.PairFormat;
import dev.gavel.train.judge.PairJudging;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.recipe.LoraOptions;
import dev.gavel.train.recipe.PaperDefaults;
import dev.gavel.train.recipe.TrainOptions;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `gavel star`. Defaults are those of the paper's Table 2 with 128 rows a step and three epochs of
/// each round.
public record StarConfig(
    ModelOptions model,
    Data data,
    StarOptions star,
    @With("n: eval_dataset") PairJudging judging,
    @Defaults("disable_dropout=true") LoraOptions lora,
    @With(TrainOptions.EVALUATING) @Defaults(PaperDefaults.TABLE_2) TrainOptions train) {
  /// The paper's rate for rationalised chains (Table 2).
  static final double RATIONALIZER_RATE = 2e-5;

  /// What is judged.
  @OptGroup("Pairs")
  public record Data(
      @Opt(
              value = "labelled pairs to learn from: JSON lines or a JSON array, .gz too",
              meta = "FILE")
          List<Path> dataset,
      @Opt(value = "the form of the rows; recognised when absent")
          Optional<PairFormat> datasetFormat,
      @Opt(value = "pairs that every round's model judges, each file by itself", meta = "FILE")
          List<Path> evalDataset) {
    public Data {
      if (dataset.isEmpty()) {
        throw new IllegalArgumentException("--dataset FILE is required: pairs to learn from");
      }
      requireOwnNames(evalDataset);
    }

    /// A round's results are kept by the files' names.
    private static void requireOwnNames(List<Path> files) {
      Map<String, Path> known = new HashMap<>();
      for (Path file : files) {
        Path other = known.put(Evaluation.name(file), file);
        if (other != null) {
          throw new IllegalArgumentException(
              "--eval_dataset: the results of %s and %s would both be called %s; rename one"
                  .formatted(other, file, Evaluation.name(file)));
        }
      }
    }
  }

  public StarConfig {
    if (train.evalStrategy() != TrainOptions.When.NO) {
      throw new IllegalArgumentException(
          "--eval_strategy is for single trainings; here every round ends in an evaluation on"
              + " --eval_dataset");
    }
    if (!train.resumeFromCheckpoint().orElse("true").equals("true")) {
      throw new IllegalArgumentException(
          "--resume_from_checkpoint %s: the loop always goes on where its folder stands; expected true, or nothing"
              .formatted(train.resumeFromCheckpoint().get()));
    }
    if (train.perDeviceTrainBatchSize().size() != 1) {
      throw new IllegalArgumentException("--per_device_train_batch_size: expected one number");
    }
  }

  /// The learning rate: that of Table 2 for the mode, unless one was given.
  static double rate(Bound<StarConfig> bound) {
    StarConfig config = bound.options();
    boolean given = !bound.origin("learning_rate").equals("default");
    boolean rationalizer = config.star.mode() == StarOptions.Mode.RATIONALIZER;
    return !given && rationalizer ? RATIONALIZER_RATE : config.train.learningRate();
  }
}
