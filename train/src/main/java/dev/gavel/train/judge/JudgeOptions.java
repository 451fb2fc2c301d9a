package dev.gavel.train.judge;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.config.With;
import dev.gavel.train.data.PairFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What is judged, how, and where it goes.
public record JudgeOptions(
    MethodOptions method,
    What what,
    @With({PairJudging.SAMPLED, PairJudging.REASONED, PairJudging.ASKED}) PairJudging how) {
  /// What is judged.
  @OptGroup("Pairs")
  public record What(
      @Opt(value = "pairs: JSON lines or a JSON array, .gz too", meta = "FILE") List<Path> dataset,
      @Opt(value = "the form of the rows; recognised when absent")
          Optional<PairFormat> datasetFormat,
      @Opt(value = "folder for votes.jsonl, results.json and report.html", meta = "DIR")
          Path outputDir,
      @Opt(value = "cut the rows into so many shards", def = "1", range = "[1, 1000000]")
          int numShards,
      @Opt(value = "which of them to judge, from 0", def = "0", range = "[0, inf)")
          int shardIndex) {
    public What {
      if (shardIndex >= numShards) {
        throw new IllegalArgumentException(
            "--shard_index is %d, expected less than --num_shards, which is %d"
                .formatted(shardIndex, numShards));
      }
      if (dataset.isEmpty()) {
        throw new IllegalArgumentException("--dataset is missing: which pairs are to be judged?");
      }
    }
  }
}
