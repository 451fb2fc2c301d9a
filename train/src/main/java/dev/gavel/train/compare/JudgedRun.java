package dev.gavel.train.compare;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.judge.JudgeRun;
import dev.gavel.train.judge.JudgedFolder;
import dev.gavel.train.judge.VotesFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// A judging of pairs, perhaps those of RewardBench.
///
/// @param results its results.json; missing where not all is judged
/// @param votes how many it has where not all is judged
record JudgedRun(Folder folder, JsonNode results, long votes) implements Run {
  static boolean isOne(JsonNode settings) {
    return settings.has("method") && settings.has("order");
  }

  static JudgedRun read(Folder folder) throws IOException {
    Path results = folder.dir().resolve(JudgeRun.RESULTS);
    return Files.exists(results)
        ? new JudgedRun(folder, Json.read(results), 0)
        : new JudgedRun(
            folder, Json.mapper().missingNode(), lines(folder.dir().resolve(VotesFile.NAME)));
  }

  static long lines(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    }
  }

  @Override
  public String what() {
    String command = bench().isMissingNode() ? "judge, " : "eval rewardbench, ";
    return command + folder.settings().path("method").asString("?");
  }

  @Override
  public String state() {
    return results.isMissingNode() ? "not finished: %d votes".formatted(votes) : FINISHED;
  }

  /// RewardBench's figures; missing where it judged other pairs.
  JsonNode bench() {
    return results.path("rewardbench");
  }

  /// What was said of each pair.
  List<ItemVotes> items() throws IOException {
    return JudgedFolder.open(folder.dir()).items();
  }
}
