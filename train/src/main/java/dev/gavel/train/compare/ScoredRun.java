package dev.gavel.train.compare;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.BestOfRun;
import dev.gavel.train.judge.JudgeRun;
import dev.gavel.train.judge.VotesFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/// A judge's scores or ratings on RewardBench 2.
///
/// @param results its results.json; missing where not all is scored
/// @param known how many lines of scores or draws it has where not all is
record ScoredRun(Folder folder, JsonNode results, long known) implements Run {
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
            JudgedRun.lines(
                folder.dir().resolve(writes(folder) ? VotesFile.NAME : BestOfRun.SCORES)));
  }

  /// Whether the judge says its ratings, in several draws.
  private static boolean writes(Folder folder) {
    return folder.settings().has("score_w_ratings");
  }

  @Override
  public String what() {
    return "eval rewardbench2, " + folder.settings().path("method").asString("?");
  }

  @Override
  public String state() {
    return results.isMissingNode()
        ? "not finished: %d %s".formatted(known, writes(folder) ? "draws" : "questions")
        : FINISHED;
  }
}
