package dev.gavel.train.compare;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.BestOfRun;
import dev.gavel.train.judge.JudgeRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/// A judge's scores on RewardBench 2.
///
/// @param results its results.json; missing where not all is scored
/// @param scores how many questions it has scored where not all are
record ScoredRun(Folder folder, JsonNode results, long scores) implements Run {
  static boolean isOne(JsonNode settings) {
    return settings.has("method") && !settings.has("order");
  }

  static ScoredRun read(Folder folder) throws IOException {
    Path results = folder.dir().resolve(JudgeRun.RESULTS);
    return Files.exists(results)
        ? new ScoredRun(folder, Json.read(results), 0)
        : new ScoredRun(
            folder,
            Json.mapper().missingNode(),
            JudgedRun.lines(folder.dir().resolve(BestOfRun.SCORES)));
  }

  @Override
  public String what() {
    return "eval rewardbench2, " + folder.settings().path("method").asString("?");
  }

  @Override
  public String state() {
    return results.isMissingNode() ? "not finished: %d questions".formatted(scores) : FINISHED;
  }
}
