package dev.gavel.train.recipe;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.data.SftRows;
import dev.gavel.train.data.Truncation;
import java.nio.file.Path;
import java.util.List;

/// Supervised fine-tuning, with the names and defaults of TRL's `SFTConfig`, except that on the CPU
/// arithmetic is f32 and activations are not checkpointed.
public record SftConfig(StartOptions model, Data data, SftRows.Options rows, TrainOptions train) {
  /// What is learned.
  @OptGroup("Data")
  public record Data(
      @Opt(value = "rows to learn: JSON lines, or a JSON array; .gz too", meta = "FILE")
          List<Path> dataset,
      @Opt(value = "rows to evaluate on", meta = "FILE") List<Path> evalDataset,
      @Opt(
              value = "learn the files of --dataset one after the other instead of as one",
              def = "false")
          boolean datasetPhases,
      @Opt(
              value = "longer rows are cut; 0: never",
              def = "1024",
              range = "[0, inf)",
              unit = "tokens")
          int maxLength,
      @Opt(value = "which end of a row that is too long stays", def = "keep_start")
          Truncation truncationMode) {
    public Data {
      if (dataset.isEmpty()) {
        throw new IllegalArgumentException("--dataset FILE is required: rows to learn");
      }
    }
  }

  public SftConfig {
    int batches = train.perDeviceTrainBatchSize().size();
    int phases = data.datasetPhases() ? data.dataset().size() : 1;
    if (batches != 1 && batches != phases) {
      throw new IllegalArgumentException(
          "--per_device_train_batch_size has %d numbers for %d %s; expected one, or one per file with --dataset_phases true"
              .formatted(batches, phases, phases == 1 ? "phase" : "phases"));
    }
    if (train.evalStrategy() != TrainOptions.When.NO && data.evalDataset().isEmpty()) {
      throw new IllegalArgumentException(
          "--eval_strategy %s needs --eval_dataset FILE"
              .formatted(train.evalStrategy().name().toLowerCase(java.util.Locale.ROOT)));
    }
  }

  /// The data sets, one per phase.
  List<List<Path>> phases() {
    return data.datasetPhases()
        ? data.dataset().stream().map(List::of).toList()
        : List.of(data.dataset());
  }

  /// Rows of a forward pass in a phase.
  int batchSize(int phase) {
    List<Integer> sizes = train.perDeviceTrainBatchSize();
    return sizes.get(sizes.size() == 1 ? 0 : phase);
  }
}
