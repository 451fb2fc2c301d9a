package dev.gavel.train.recipe;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.nio.file.Path;
import java.util.List;

/// What is learned.
@OptGroup("Data")
public record DatasetOptions(
    @Opt(value = "rows to learn: JSON lines, or a JSON array; .gz too", meta = "FILE")
        List<Path> dataset,
    @Opt(value = "rows to evaluate on", meta = "FILE") List<Path> evalDataset,
    @Opt(
            value = "learn the files of --dataset one after the other instead of as one",
            def = "false")
        boolean datasetPhases,
    @Opt(
            value = "longest row; what becomes of longer ones is said when they are read; 0: any",
            def = "1024",
            range = "[0, inf)",
            unit = "tokens")
        int maxLength) {
  public DatasetOptions {
    if (dataset.isEmpty()) {
      throw new IllegalArgumentException("--dataset FILE is required: rows to learn");
    }
  }
}
