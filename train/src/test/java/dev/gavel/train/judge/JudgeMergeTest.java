package dev.gavel.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Verdicts read again; that shards make the whole is tested by the command.
class JudgeMergeTest {
  private static final List<String> TEXTS =
      List.of("[[A]]", "[[B]] not [[A]]", "[[A]] not [[B]]", "none");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  private static ObjectNode settings() {
    ObjectNode s = Json.mapper().createObjectNode();
    s.put("method", "cot").put("order", "as_given").put("n", TEXTS.size());
    s.put("verdict_rule", "rewardbench").put("num_shards", 1).put("shard_index", 0);
    return s.put("seed", 42);
  }

  /// A folder with one pair, judged by [#TEXTS].
  private Path judged(ObjectNode settings) throws IOException {
    Path folder = Files.createDirectories(dir.resolve("judged"));
    JsonNode id = Json.mapper().getNodeFactory().numberNode(0);
    PairRow row = new PairRow(id, List.of(Message.user("q")), "x \u2028 y", "z", Label.SECOND, "s");
    JudgeSettings.claim(folder, settings);
    CountedVotes votes = CountedVotes.of(List.of(row));
    try (VotesFile file = VotesFile.open(folder, vote -> {})) {
      for (int i = 0; i < TEXTS.size(); i++) {
        Evidence.Text text = new Evidence.Text(TEXTS.get(i), new int[] {i}, "stop", -i);
        Vote vote = Vote.of(row, Order.AB, i, VerdictRule.REWARDBENCH, text);
        file.append(vote);
        votes.add(vote);
      }
    }
    JudgedFolder.finish(folder, settings, votes, Benchmark.NONE);
    return folder;
  }

  private ObjectNode merge(Path folder, String out, VerdictRule rule) throws IOException {
    return new JudgeMerge(
            new JudgeMerge.Options(List.of(folder), dir.resolve(out), Optional.of(rule)))
        .run();
  }

  @Test
  void anotherRuleReadsTheTextsAgain() throws IOException {
    Path folder = judged(settings());
    // B is right: one of three under RewardBench's rule ([[A]] anywhere is A) is none
    assertThat(Json.read(folder.resolve("results.json")).get("accuracy").asDouble()).isZero();
    ObjectNode first = merge(folder, "first", VerdictRule.FIRST);
    assertThat(first.get("maj").get("1").asDouble()).isEqualTo((1 + 0.5) / 4);
    ObjectNode strict = merge(folder, "strict", VerdictRule.STRICT);
    assertThat(strict.get("abstain_rate").asDouble()).isEqualTo(0.75);
    assertThat(strict.get("both_marks").asInt()).isEqualTo(2);
    List<String> lines = Files.readAllLines(dir.resolve("first/votes.jsonl"));
    assertThat(lines.get(1))
        .startsWith(
            "{\"id\":0,\"order\":\"ab\",\"draw\":1,\"verdict\":\"B\",\"prefers\":\"chosen\"");
    assertThat(Json.read(dir.resolve("first/settings.json")).get("verdict_rule").asString())
        .isEqualTo("first");
    // and back: the same bytes
    merge(dir.resolve("first"), "back", VerdictRule.REWARDBENCH);
    for (String file : List.of("votes.jsonl", "results.json", "pairs.jsonl", "settings.json")) {
      assertThat(dir.resolve("back").resolve(file)).hasSameBinaryContentAs(folder.resolve(file));
    }
  }

  @Test
  void changedVotesAreNamed() throws IOException {
    Path folder = judged(settings());
    Path votes = folder.resolve("votes.jsonl");
    List<String> lines = Files.readAllLines(votes);
    Files.write(votes, lines.subList(0, 2));
    assertThatThrownBy(() -> merge(folder, "a", VerdictRule.FIRST))
        .hasMessageContaining("votes.jsonl: expected draw 2 of item 0 (ab), found its end");
    Files.write(votes, List.of(lines.get(0), lines.get(2)));
    assertThatThrownBy(() -> merge(folder, "a", VerdictRule.FIRST))
        .hasMessageContaining("votes.jsonl:2: expected draw 1 of item 0 (ab), found draw 2 of");
    assertThat(dir.resolve("a")).doesNotExist();
  }
}
