package dev.gavel.train.recipe;

import dev.gavel.llama.hub.Architecture;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// The options of a training command: what every method has, and how its recipe is made.
public interface TrainConfig {
  /// The command: `sft`.
  String command();

  /// What it does, as the headline of a page.
  String title();

  StartOptions model();

  DatasetOptions data();

  LoraOptions lora();

  TrainOptions train();

  /// What the trained model ends in.
  default Architecture architecture() {
    return Architecture.CAUSAL_LM;
  }

  /// What `gavel_head` shall say in the config of the trained model; empty: nothing.
  default String head() {
    return "";
  }

  /// Reads the rows.
  ///
  /// @param err where it says what became of them
  Recipe recipe(ModelSource source, PrintStream err) throws IOException;

  /// The data sets, one per phase.
  default List<List<Path>> phases() {
    return data().datasetPhases()
        ? data().dataset().stream().map(List::of).toList()
        : List.of(data().dataset());
  }

  /// Rows of a forward pass in a phase.
  default int batchSize(int phase) {
    List<Integer> sizes = train().perDeviceTrainBatchSize();
    return sizes.get(sizes.size() == 1 ? 0 : phase);
  }

  /// @throws IllegalArgumentException where options of two groups do not fit each other
  static void require(DatasetOptions data, TrainOptions train) {
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
              .formatted(train.evalStrategy().name().toLowerCase(Locale.ROOT)));
    }
  }
}
