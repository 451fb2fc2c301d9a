package dev.gavel.train.judge;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.data.PairFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What is judged, how often, and how verdicts are read.
@OptGroup("Judging")
public record JudgeOptions(
    @Opt(value = "pairs: JSON lines or a JSON array, .gz too", meta = "FILE") List<Path> dataset,
    @Opt(value = "the form of the rows; recognised when absent") Optional<PairFormat> datasetFormat,
    @Opt(value = "folder for votes.jsonl, results.json and report.html", meta = "DIR")
        Path outputDir,
    @Opt(value = "votes for each pair and order", def = "32", range = "[1, 1000000]") int n,
    @Opt(value = "which response stands in place A", def = "seeded") Placement.Mode order,
    @Opt(value = "longest reasoning", def = "512", range = "[1, inf)", unit = "tokens")
        int maxNewTokens,
    @Opt(value = "sampling temperature; 0 is greedy", def = "1.0", range = "[0, inf)")
        double temperature,
    @Opt(value = "mass of the nucleus that is sampled from", def = "0.95", range = "(0, 1]")
        double topP,
    @Opt(
            value = "JSON {\"system\"?, \"user\"} instead of the paper's prompt (Fig. 6)",
            meta = "FILE")
        Optional<Path> promptTemplate,
    @Opt(value = "how a verdict is read off a text", def = "rewardbench") VerdictRule verdictRule,
    @Opt(value = "most samples at once", def = "64", range = "[1, 65536]") int batchSize,
    @Opt(value = "cut the rows into so many shards", def = "1", range = "[1, 1000000]")
        int numShards,
    @Opt(value = "which of them to judge, from 0", def = "0", range = "[0, inf)") int shardIndex,
    @Opt(value = "decides placement, votes and resamples", def = "42") long seed) {
  public JudgeOptions {
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
