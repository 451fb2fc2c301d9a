package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// One vote is the same whatever is beside it, and folders of votes join and compare.
class JudgeFoldersTest {
  private static final Path MODEL = Golden.roots("ckpt_a").getFirst().resolve("ckpt_a");

  /// Ids of every kind: their spelling is kept.
  private static final List<String> IDS = List.of("0", "\"b\"", "1.0", "7", "\"7\"", "1e3", "-2");

  private static final String COT = "--method=cot --n=3 --max_new_tokens=12 --order=both";
  private static final String GENRM = "--method=genrm";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  @BeforeEach
  void writeInputs() throws IOException {
    write("pairs.jsonl", IDS);
    Files.writeString(
        dir.resolve("prompt.json"), "{\"user\":\"{chat} A: {answer_a} B: {answer_b}\"}");
  }

  private void write(String name, List<String> ids) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String id : ids) {
      int i = IDS.indexOf(id);
      lines.append(
          "{\"id\":%s,\"prompt\":\"What is %d?\",\"chosen\":\"%s\",\"rejected\":\"no\",\"subset\":\"%s\"}\n"
              .formatted(id, i, "yes ".repeat(i + 1), i % 2 == 0 ? "even" : "odd"));
    }
    Files.writeString(dir.resolve(name), lines);
  }

  private String[] words(String method, String data, String out, String... more) {
    List<String> words = new ArrayList<>(List.of("judge"));
    words.addAll(List.of(method.split(" ")));
    words.addAll(
        List.of(
            "--model_name_or_path=" + MODEL,
            "--dataset=" + dir.resolve(data),
            "--prompt_template=" + dir.resolve("prompt.json"),
            "--output_dir=" + dir.resolve(out)));
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }

  private Path judge(String method, String data, String out, String... more) {
    Ended ended = gavel("", words(method, data, out, more));
    assertThat(ended.code()).as(ended.err()).isZero();
    return dir.resolve(out);
  }

  private Path whole(String method) {
    return judge(method, "pairs.jsonl", "whole", "--threads=2");
  }

  private static String votes(Path folder) throws IOException {
    return Files.readString(folder.resolve("votes.jsonl"));
  }

  private Ended merge(String out, String... shards) {
    List<String> words = new ArrayList<>(List.of("judge", "--output_dir", dir.resolve(out) + ""));
    words.add("--merge");
    for (String shard : shards) {
      words.add(shard.startsWith("--") ? shard : dir.resolve(shard).toString());
    }
    return gavel("", words.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {COT, GENRM})
  void aVoteDoesNotDependOnWhatIsBesideIt(String method) throws IOException {
    String whole = votes(whole(method));
    assertThat(votes(judge(method, "pairs.jsonl", "alone", "--batch_size=1", "--threads=1")))
        .isEqualTo(whole);
    int each = (int) whole.lines().count() / IDS.size();
    for (int i : new int[] {0, 3, 5}) {
      write("one.jsonl", List.of(IDS.get(i)));
      assertThat(votes(judge(method, "one.jsonl", "one" + i)).lines())
          .containsExactlyElementsOf(whole.lines().skip((long) i * each).limit(each).toList());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {COT, GENRM})
  void aKilledCallGoesOn(String method) throws IOException {
    Path whole = whole(method);
    Path killed = InProcess.copy(whole, dir.resolve("killed"));
    String votes = votes(whole);
    int half = votes.indexOf('\n', votes.length() / 2) + 20;
    Files.writeString(killed.resolve("votes.jsonl"), votes.substring(0, half));
    Files.delete(killed.resolve("results.json"));
    Files.delete(killed.resolve("pairs.jsonl"));
    judge(method, "pairs.jsonl", "killed");
    assertThat(votes(killed)).isEqualTo(votes);
    for (String file : List.of("results.json", "pairs.jsonl", "report.html")) {
      assertThat(killed.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {COT, GENRM})
  void shardsMergedAreTheWhole(String method) throws IOException {
    Path whole = whole(method);
    for (int i = 0; i < 3; i++) {
      judge(method, "pairs.jsonl", "s" + i, "--num_shards=3", "--shard_index=" + i);
    }
    Ended ended = merge("merged", "s2", "s0", "s1");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(Json.parse(ended.out(), "results"))
        .isEqualTo(Json.read(whole.resolve("results.json")));
    for (String file : List.of("votes.jsonl", "results.json", "pairs.jsonl", "settings.json")) {
      assertThat(dir.resolve("merged").resolve(file))
          .as(file)
          .hasSameBinaryContentAs(whole.resolve(file));
    }
    // the call without shards goes on from there: all is judged
    judge(method, "pairs.jsonl", "merged");
    assertThat(merge("merged", "s0", "s1", "s2").code()).isZero();
  }

  @Test
  void whatDoesNotBelongTogetherIsNamed() throws IOException {
    for (int i = 0; i < 2; i++) {
      judge(GENRM, "pairs.jsonl", "s" + i, "--num_shards=4", "--shard_index=" + i);
    }
    Ended missing = merge("merged", "s0", "s1");
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err())
        .contains("gavel judge --merge: 2 shards of 4 missing (--shard_index 2, 3)");
    assertThat(dir.resolve("merged")).doesNotExist();
    assertThat(merge("merged", "s0", "s0").err()).contains("are both shard 0 of 4");
    judge(GENRM, "pairs.jsonl", "seed", "--num_shards=4", "--shard_index=2", "--seed=7");
    assertThat(merge("merged", "s0", "s1", "seed").err())
        .contains("s0 was judged with seed = 42, " + dir.resolve("seed") + " with 7");
    assertThat(merge("merged", "none").err()).contains("none: no such folder");
    Files.delete(dir.resolve("s1/results.json"));
    assertThat(merge("merged", "s0", "s1").err()).contains("s1: has no results.json: not all is");
    Ended rule = merge("merged", "whole", "--verdict_rule=first");
    assertThat(rule.code()).isEqualTo(1);
    whole(GENRM);
    assertThat(merge("merged", "whole", "--verdict_rule=first").err())
        .contains("whole: was judged by --method genrm, whose verdicts are not read off texts");
    Ended usage = gavel("", "judge", "--merge", "a", "--dataset", "b");
    assertThat(usage.code()).isEqualTo(2);
    assertThat(usage.err()).contains("--dataset: unknown flag", "--output_dir is required");
    Ended both = gavel("", "judge", "--help", "--compare");
    assertThat(both.out()).startsWith("gavel judge --compare: agreement of two judged folders");
  }

  @Test
  void twoJudgesAreCompared() throws IOException {
    whole(GENRM);
    judge(GENRM, "pairs.jsonl", "other", "--order=both");
    write("part.jsonl", IDS.subList(2, 6));
    judge(GENRM, "part.jsonl", "part", "--order=as_given");
    Ended ended = compare("whole", "whole");
    JsonNode same = Json.parse(ended.out(), "comparison");
    assertThat(same.get("agreement").asDouble()).isEqualTo(1);
    assertThat(same.get("difference").asDouble()).isZero();
    assertThat(Json.write(same.get("ci95"))).isEqualTo("[0.0,0.0]");
    JsonNode part = Json.parse(compare("whole", "part").out(), "comparison");
    assertThat(part.get("n").asInt()).isEqualTo(4);
    assertThat(part.get("only_a").asInt()).isEqualTo(3);
    assertThat(part.get("only_b").asInt()).isZero();
    JsonNode other = Json.parse(compare("other", "whole").out(), "comparison");
    double difference = other.get("accuracy_a").asDouble() - other.get("accuracy_b").asDouble();
    assertThat(other.get("difference").asDouble()).isEqualTo(difference);
    assertThat(other.get("accuracy_b").asDouble())
        .isEqualTo(Json.read(dir.resolve("whole/results.json")).get("accuracy").asDouble());
    write("foreign.jsonl", List.of("7"));
    Files.writeString(
        dir.resolve("foreign.jsonl"),
        Files.readString(dir.resolve("foreign.jsonl")).replace("What", "Why"));
    judge(GENRM, "foreign.jsonl", "foreign");
    Ended foreign = compare("whole", "foreign");
    assertThat(foreign.code()).isEqualTo(1);
    assertThat(foreign.err()).contains("item 7 of", "is another pair than item 7 of");
    Ended one = gavel("", "judge", "--compare", "a");
    assertThat(one.code()).isEqualTo(2);
    assertThat(one.err()).contains("--compare takes two folders, found 1");
  }

  /// The page shows votes of both judges on the pairs that one of them gets wrong.
  @Test
  void aPageShowsTwoJudgesSideBySide() throws IOException {
    whole(COT);
    judge(COT, "pairs.jsonl", "other", "--seed=7");
    said("whole", "[[A]]"); // right in ab, wrong in ba: ties
    said("other", "[[B]]");
    Ended tied = compare("whole", "other");
    assertThat(tied.code()).as(tied.err()).isZero();
    JsonNode undecided = Json.parse(tied.out(), "comparison");
    assertThat(undecided.get("undecided").asInt()).isEqualTo(IDS.size());
    judge("--method=cot --n=3 --max_new_tokens=12 --order=as_given", "pairs.jsonl", "right");
    said("right", "because yes [[A]]");
    judge("--method=cot --n=3 --max_new_tokens=12 --order=as_given", "pairs.jsonl", "wrong");
    said("wrong", "because no [[B]]");
    Path page = dir.resolve("page.html");
    Ended ended =
        gavel(
            "",
            "judge",
            "--compare",
            dir.resolve("wrong") + "",
            dir.resolve("right") + "",
            "--report",
            page + "");
    assertThat(ended.code()).as(ended.err()).isZero();
    JsonNode json = Json.parse(ended.out(), "comparison");
    assertThat(json.get("only_b_right").asInt()).isEqualTo(IDS.size());
    assertThat(json.get("only_a_right").asInt()).isZero();
    String html = Files.readString(page);
    assertThat(html)
        .contains("because yes [[A]]", "because no [[B]]", "What is 3?", "7 pairs.", "No pair.")
        .contains("says A: right; of 3 draws 3 right", "says B: wrong; of 3 draws 0 right");
  }

  /// Makes all votes of a folder say this; ids stay as they are spelled.
  private void said(String folder, String text) throws IOException {
    String verdict = text.contains("[[A]]") ? "A" : "B";
    StringBuilder lines = new StringBuilder();
    for (String line : Files.readAllLines(dir.resolve(folder).resolve("votes.jsonl"))) {
      boolean firstIsA = line.contains("\"order\":\"ab\"");
      String prefers = firstIsA == verdict.equals("A") ? "chosen" : "rejected";
      String said =
          "\"verdict\":\"%s\",\"prefers\":\"%s\",\"text\":\"%s\",\"ids\":["
              .formatted(verdict, prefers, text);
      int from = line.indexOf("\"verdict\":");
      lines.append(line, 0, from).append(said);
      lines.append(line.substring(line.indexOf("\"ids\":[") + "\"ids\":[".length()));
      lines.append('\n');
    }
    Files.writeString(dir.resolve(folder).resolve("votes.jsonl"), lines);
  }

  private Ended compare(String a, String b) {
    return gavel("", "judge", "--compare", dir.resolve(a) + "", dir.resolve(b) + "");
  }
}
