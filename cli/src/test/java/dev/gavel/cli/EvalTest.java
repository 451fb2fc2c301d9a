package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import tools.jackson.databind.JsonNode;

/// The benchmarks, by a reward model and a judge of random weights.
class EvalTest {
  private static final Path ROOT = Golden.roots("ckpt_a").getFirst();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  @BeforeEach
  void writeInputs() throws IOException {
    StringBuilder lines = new StringBuilder();
    List<String> subsets =
        List.of("alpacaeval-easy", "mt-bench-medium", "hep-go", "hep-go", "math-prm", "shp");
    for (int i = 0; i < subsets.size(); i++) {
      lines.append(row(i, subsets.get(i), "yes ".repeat(i + 1), "no"));
    }
    lines.append(row(6, "hep-go", "same", "same")); // equal scores
    Files.writeString(dir.resolve("rb.jsonl"), lines);
    Files.writeString(
        dir.resolve("prompt.json"), "{\"user\":\"{chat} A: {answer_a} B: {answer_b}\"}");
  }

  private static String row(int id, String subset, String chosen, String rejected) {
    return """
    {"prompt":"What is %d?","chosen":"%s","chosen_model":"m","rejected":"%s","rejected_model":"w","subset":"%s","id":%d}
    """
        .formatted(id, chosen, rejected, subset, id);
  }

  private Ended call(String command, String model, String data, String out, String... more) {
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.addAll(
        List.of(
            "--model_name_or_path=" + ROOT.resolve(model),
            "--dataset=" + dir.resolve(data),
            "--output_dir=" + dir.resolve(out)));
    words.addAll(List.of(more));
    return gavel("", words.toArray(String[]::new));
  }

  private static JsonNode done(Ended ended) throws IOException {
    assertThat(ended.code()).as(ended.err()).isZero();
    return Json.parse(ended.out(), "results");
  }

  private List<JsonNode> lines(String file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(dir.resolve(file))) {
      lines.add(Json.parse(line, file));
    }
    return lines;
  }

  @Test
  void rewardBenchOfARewardModel() throws IOException {
    JsonNode results =
        done(call("eval rewardbench", "ckpt_c", "rb.jsonl", "bt", "--method=bt", "--threads=2"));
    JsonNode file = Json.read(dir.resolve("bt/eval-set-scores/ckpt_c.json"));
    assertThat(file.get("model_type").asString()).isEqualTo("Seq. Classifier");
    double[] credit = new double[7];
    for (int i = 0; i < 7; i++) {
      boolean right =
          file.get("scores_chosen").get(i).doubleValue()
              > file.get("scores_rejected").get(i).doubleValue();
      credit[i] = right ? 1 : 0;
      assertThat(file.get("results").get(i).asInt()).isEqualTo(right ? 1 : 0);
      assertThat(file.get("id").get(i).asInt()).isEqualTo(i);
    }
    assertThat(credit[6]).isZero(); // a tie is a loss
    JsonNode bench = results.get("rewardbench");
    double code = (credit[2] + credit[3] + credit[6]) / 3;
    JsonNode sections = bench.get("sections");
    double chat = (100 * credit[0] + 40 * credit[1]) / 140;
    assertThat(sections.get("Chat").asDouble()).isCloseTo(chat, within(1e-12));
    double reasoning = (984 * credit[4] + 164 * code) / 1148;
    assertThat(sections.get("Reasoning").asDouble()).isCloseTo(reasoning, within(1e-12));
    assertThat(bench.get("mean_of_sections").asDouble())
        .isCloseTo((chat + reasoning) / 4, within(1e-12));
    assertThat(bench.get("leaderboard").asDouble())
        .isCloseTo((2 * (chat + reasoning) + credit[5]) / 9, within(1e-12));
    JsonNode scores = Json.read(dir.resolve("bt/eval-set/ckpt_c.json"));
    assertThat(scores.get("hep-go").asDouble()).isCloseTo(code, within(1e-12));
    assertThat(scores.has("mt-bench-med")).isTrue();
    assertThat(Files.readString(dir.resolve("bt/report.html"))).contains("Sections, %");
    // the same again, without the model
    Ended again = call("eval rewardbench", "ckpt_c", "rb.jsonl", "bt", "--method=bt");
    assertThat(done(again)).isEqualTo(results);
    assertThat(again.err()).doesNotContain("judging");
  }

  /// Both answers in the other place: a reward model gives the same scores, a judge the other
  /// letter.
  @Test
  void swappedResponsesSwapWhatIsSaid() throws IOException {
    StringBuilder ab = new StringBuilder();
    StringBuilder ba = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      String form =
          "{\"id\":%d,\"prompt\":\"Why %d?\",\"response_a\":\"%s\",\"response_b\":\"%s\",\"label\":\"%s\"}\n";
      ab.append(form.formatted(i, i, "yes ".repeat(i + 1), "no", "A"));
      ba.append(form.formatted(i, i, "no", "yes ".repeat(i + 1), "B"));
    }
    Files.writeString(dir.resolve("ab.jsonl"), ab);
    Files.writeString(dir.resolve("ba.jsonl"), ba);
    JsonNode bt = done(call("judge", "ckpt_c", "ab.jsonl", "bt", "--method=bt"));
    JsonNode swapped = done(call("judge", "ckpt_c", "ba.jsonl", "bt2", "--method=bt"));
    for (String key : List.of("accuracy", "ci95", "soft_accuracy", "calibration", "by_length")) {
      assertThat(swapped.get(key)).as(key).isEqualTo(bt.get(key));
    }
    String[] how = {"--method=genrm", "--prompt_template=" + dir.resolve("prompt.json")};
    String[] given = {how[0], how[1], "--order=as_given"};
    done(call("judge", "ckpt_a", "ab.jsonl", "ab", given));
    String[] both = {how[0], how[1], "--order=both"};
    done(call("judge", "ckpt_a", "ba.jsonl", "ba", both));
    List<JsonNode> one = lines("ab/votes.jsonl");
    List<JsonNode> other = lines("ba/votes.jsonl");
    for (int i = 0; i < one.size(); i++) {
      JsonNode vote = one.get(i);
      JsonNode same = other.get(2 * i + 1); // ba of the swapped row: the same question
      assertThat(same.get("p_a")).isEqualTo(vote.get("p_a"));
      assertThat(same.get("verdict")).isEqualTo(vote.get("verdict"));
      assertThat(same.get("prefers")).isEqualTo(vote.get("prefers"));
      assertThat(same.get("log_odds").asDouble()).isEqualTo(-vote.get("log_odds").asDouble());
    }
  }

  @Test
  void rewardBenchRefusesOtherPairs() throws IOException {
    Files.writeString(dir.resolve("other.jsonl"), row(3, "hep-goo", "a", "b"));
    Ended other = call("eval rewardbench", "ckpt_c", "other.jsonl", "out", "--method=bt");
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err())
        .contains(
            "item 3: no subset of RewardBench is 'hep-goo'", "the nearest is hep-go", "judge");
    assertThat(dir.resolve("out")).doesNotExist();
    Ended pairrm = call("eval rewardbench", "ckpt_c", "rb.jsonl", "out", "--method=pairrm");
    assertThat(pairrm.code()).isEqualTo(2);
    assertThat(pairrm.err()).contains("--method pairrm needs --order both");
  }

  @Test
  void rewardBench2OfARewardModel() throws IOException {
    String form =
        "{\"id\":\"%s\",\"prompt\":\"Why?\",\"chosen\":[%s],\"rejected\":[%s],\"num_correct\":%d,\"total_completions\":%d,\"subset\":\"%s\"}\n";
    String rows =
        form.formatted("1", "\"yes\"", "\"a\",\"bb\",\"c d\"", 1, 4, "Math")
            + form.formatted("2", "\"a\"", "\"a\",\"a\",\"a\"", 1, 4, "Focus")
            + form.formatted("ref:0", "\"x\"", "\"y\",\"z\"", 1, 3, "Ties")
            + form.formatted("tied:0", "\"x\",\"xx\"", "\"y\",\"z\"", 2, 4, "Ties");
    Files.writeString(dir.resolve("rb2.jsonl"), rows);
    JsonNode results = done(call("eval rewardbench2", "ckpt_c", "rb2.jsonl", "rb2", "--method=bt"));
    assertThat(results.get("subsets").get("Focus").asDouble()).isEqualTo(0.25); // four tied
    assertThat(results.get("subsets").size()).isEqualTo(3);
    List<JsonNode> scores = lines("rb2/scores.jsonl");
    assertThat(scores).hasSize(4);
    double[] math =
        scores.get(0).get("scores").valueStream().mapToDouble(JsonNode::asDouble).toArray();
    boolean best = math[0] > Math.max(math[1], Math.max(math[2], math[3]));
    assertThat(results.get("subsets").get("Math").asDouble()).isEqualTo(best ? 1 : 0);
    // a score is what `gavel score` says
    String ask = "{\"prompt\":[{\"role\":\"user\",\"content\":\"Why?\"}],\"response\":\"yes\"}";
    String model = ROOT.resolve("ckpt_c").toString();
    String scored = gavel(ask, "score", "--method=bt", "--model_name_or_path", model).out();
    assertThat(Json.parse(scored, "score").get("score").asDouble()).isEqualTo(math[0]);
    String whole = Files.readString(dir.resolve("rb2/scores.jsonl"));
    Files.writeString(dir.resolve("rb2/scores.jsonl"), whole.substring(0, whole.length() / 2));
    assertThat(done(call("eval rewardbench2", "ckpt_c", "rb2.jsonl", "rb2", "--method=bt")))
        .isEqualTo(results);
    assertThat(dir.resolve("rb2/scores.jsonl")).hasContent(whole);
    Ended pairs = call("eval rewardbench2", "ckpt_a", "rb2.jsonl", "out", "--method=genrm");
    assertThat(pairs.code()).isEqualTo(2);
    assertThat(pairs.err()).contains("--method genrm compares pairs", "bt, dpo, or cot");
    String template = "--rating_template=" + dir.resolve("prompt.json");
    Ended templated =
        call("eval rewardbench2", "ckpt_c", "rb2.jsonl", "out", "--method=bt", template);
    assertThat(templated.code()).isEqualTo(2);
    assertThat(templated.err()).contains("is used with --method cot, but --method is bt");
    Files.writeString(dir.resolve("bad.jsonl"), rows.replace("ref:0", "0"));
    assertThat(call("eval rewardbench2", "ckpt_c", "bad.jsonl", "out", "--method=bt").err())
        .contains("bad.jsonl:3: 'id' is \"0\"; expected ref:N or tied:N in the subset Ties");
  }

  private static final String RB2 =
      "{\"id\":\"%s\",\"prompt\":\"Why?\",\"chosen\":[%s],\"rejected\":[%s],\"subset\":\"%s\"}\n";

  private void writeQuestions() throws IOException {
    Files.writeString(
        dir.resolve("rb2.jsonl"),
        RB2.formatted("1", "\"yes\"", "\"a\",\"bb\",\"c d\"", "Math")
            + RB2.formatted("tied:0", "\"x\",\"xx\"", "\"y\",\"z\"", "Ties")
            + RB2.formatted("2", "\"a\"", "\"b\",\"c\",\"d\"", "Focus")
            + RB2.formatted("ref:0", "\"x\"", "\"y\",\"z\"", "Ties"));
    Files.writeString(dir.resolve("rating.json"), "{\"user\":\"{chat} {answer}\"}");
    Files.writeString(
        dir.resolve("ranking.json"),
        "{\"user\":\"{chat} {answer_a} {answer_b} {answer_c} {answer_d}\"}");
  }

  private Ended rate(String out, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "--n=3",
                "--max_new_tokens=6",
                "--threads=2",
                "--chat_template=llama3",
                "--rating_template=" + dir.resolve("rating.json")));
    words.addAll(List.of(more));
    return call("eval rewardbench2", "ckpt_a", "rb2.jsonl", out, words.toArray(String[]::new));
  }

  @Test
  void rewardBench2ByRating() throws IOException {
    writeQuestions();
    JsonNode results = done(rate("rated"));
    assertThat(results.get("n").asInt()).isEqualTo(4);
    List<JsonNode> votes = lines("rated/votes.jsonl");
    assertThat(votes).hasSize(3 * (4 + 4 + 4 + 3));
    for (int i = 0; i < 12; i++) { // of the first question
      assertThat(votes.get(i).get("id").asString()).isEqualTo("1");
      assertThat(votes.get(i).get("response").asInt()).isEqualTo(i / 3);
      assertThat(votes.get(i).get("draw").asInt()).isEqualTo(i % 3);
    }
    assertThat(votes).allMatch(v -> !v.get("ids").isEmpty());
    long unread = votes.stream().filter(v -> v.get("rating").isNull()).count();
    assertThat(results.get("abstain_rate").asDouble()).isEqualTo(unread / 45.0);
    List<Double> first = means(votes, "1");
    assertThat(first).hasSize(4);
    JsonNode subsets = results.get("subsets");
    assertThat(subsets.get("Math").asDouble()).isEqualTo(credit(first));
    assertThat(subsets.get("Focus").asDouble()).isEqualTo(credit(means(votes, "2")));
    JsonNode file = Json.read(dir.resolve("rated/eval-set/ckpt_a.json"));
    assertThat(file.propertyNames())
        .containsExactly("Focus", "Math", "Ties", "chat_template", "model", "model_type");
    assertThat(file.get("Ties")).isEqualTo(subsets.get("Ties"));
    assertThat(file.get("model_type").asString()).isEqualTo("Generative RM");
    JsonNode items = Json.read(dir.resolve("rated/eval-set-scores/ckpt_a.json"));
    assertThat(items.get("id").toString()).isEqualTo("[\"1\",\"2\",\"tied:0\",\"ref:0\"]");
    assertThat(items.get("results").get(0).asDouble()).isEqualTo(credit(first));
    assertThat(items.get("results").get(2).isNull()).isTrue();
    assertThat(items.get("num_correct").toString()).isEqualTo("[1,1,2,1]");
    List<String> ids = List.of("1", "2", "tied:0", "ref:0");
    for (int i = 0; i < ids.size(); i++) {
      assertThat(items.get("scores").get(i).valueStream().map(JsonNode::asDouble).toList())
          .isEqualTo(means(votes, ids.get(i)));
    }
    assertThat(items.get("texts_chosen").get(2).get(1).get(1).get("content").asString())
        .isEqualTo("xx");
    assertThat(items.get("texts_rejected").get(0)).hasSize(3);
  }

  /// The mean rating of each response of a question; -1 where none was read.
  private static List<Double> means(List<JsonNode> votes, String id) {
    List<List<Integer>> ratings = new ArrayList<>();
    for (JsonNode vote : votes) {
      if (!vote.get("id").asString().equals(id)) {
        continue;
      }
      if (vote.get("response").asInt() == ratings.size()) {
        ratings.add(new ArrayList<>());
      }
      if (!vote.get("rating").isNull()) {
        ratings.getLast().add(vote.get("rating").asInt());
      }
    }
    return ratings.stream().map(r -> r.stream().mapToInt(x -> x).average().orElse(-1)).toList();
  }

  private static double credit(List<Double> means) {
    double most = java.util.Collections.max(means);
    long ties = means.stream().filter(m -> m == most).count();
    return most == -1 ? 0.25 : means.getFirst() == most ? 1.0 / ties : 0;
  }

  /// Cut off somewhere, and called again: the same bytes, whatever else runs beside a draw.
  @Test
  void ratingsGoOnToTheSameBytes() throws IOException {
    writeQuestions();
    for (String mode : List.of("true", "false")) {
      String[] how =
          mode.equals("true")
              ? new String[] {}
              : new String[] {
                "--score_w_ratings=false", "--ranking_template=" + dir.resolve("ranking.json")
              };
      JsonNode results = done(rate("whole" + mode, how));
      Path votes = dir.resolve("whole" + mode + "/votes.jsonl");
      byte[] whole = Files.readAllBytes(votes);
      for (int cut : new int[] {whole.length / 3, whole.length / 2, whole.length - 1, 0}) {
        Files.write(votes, java.util.Arrays.copyOf(whole, cut));
        Files.delete(dir.resolve("whole" + mode + "/results.json"));
        assertThat(done(rate("whole" + mode, how))).isEqualTo(results);
        assertThat(votes).hasBinaryContent(whole);
      }
      Ended known = rate("whole" + mode, how);
      assertThat(done(known)).isEqualTo(results);
      assertThat(known.err()).doesNotContain("asking");
      assertThat(done(rate("one" + mode, batchOfOne(how)))).isEqualTo(results);
      assertThat(dir.resolve("one" + mode + "/votes.jsonl")).hasBinaryContent(whole);
      done(rate("other" + mode, seeded(how)));
      assertThat(Files.readAllBytes(dir.resolve("other" + mode + "/votes.jsonl")))
          .isNotEqualTo(whole);
      Ended changed = rate("whole" + mode, seeded(how));
      assertThat(changed.code()).isEqualTo(1);
      assertThat(changed.err()).contains("was begun with seed = 42, now it is 7");
      List<String> lines = new ArrayList<>(Files.readAllLines(votes));
      lines.remove(1);
      Files.writeString(votes, String.join("\n", lines) + "\n");
      Ended moved = rate("whole" + mode, how);
      assertThat(moved.code()).isEqualTo(1);
      assertThat(moved.err()).contains("votes.jsonl:2: is not the draw that belongs there");
    }
  }

  private static String[] batchOfOne(String[] how) {
    return more(how, "--batch_size=1");
  }

  private static String[] seeded(String[] how) {
    return more(how, "--seed=7");
  }

  private static String[] more(String[] how, String word) {
    List<String> words = new ArrayList<>(List.of(how));
    words.add(word);
    return words.toArray(String[]::new);
  }

  @Test
  void rewardBench2ByRanking() throws IOException {
    writeQuestions();
    String[] how = {"--score_w_ratings=false", "--ranking_template=" + dir.resolve("ranking.json")};
    JsonNode results = done(rate("ranked", how));
    List<JsonNode> votes = lines("ranked/votes.jsonl");
    assertThat(votes).hasSize(3 * (1 + 4 + 1 + 3)); // Ties are rated
    assertThat(votes.getFirst().propertyNames())
        .containsExactly(
            "id", "slot", "draw", "verdict", "text", "ids", "finish_reason", "logprob");
    assertThat(votes.get(3).has("rating")).isTrue();
    JsonNode items = Json.read(dir.resolve("ranked/eval-set-scores/ckpt_a.json"));
    assertThat(items.get("scores").get(0).isNull()).isTrue();
    // what a judge that can write would have been read as
    Path file = dir.resolve("ranked/votes.jsonl");
    String slot = votes.getFirst().get("slot").asString();
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    for (int draw = 0; draw < 2; draw++) {
      var line = (tools.jackson.databind.node.ObjectNode) votes.get(draw);
      line.put("verdict", slot).put("text", "so [[" + slot + "]]");
      lines.set(draw, Json.write(line));
    }
    Files.writeString(file, String.join("\n", lines) + "\n");
    JsonNode right = done(rate("ranked", how));
    assertThat(right.get("subsets").get("Math").asDouble()).isEqualTo(1);
    long unread =
        lines("ranked/votes.jsonl").stream()
            .filter(v -> v.path("rating").isNull() || v.path("verdict").isNull())
            .count();
    assertThat(right.get("abstain_rate").asDouble()).isEqualTo(unread / 27.0);
  }

  @Test
  void whatCannotBeRatedIsRefused() throws IOException {
    writeQuestions();
    String three = RB2.formatted("7", "\"a\"", "\"b\",\"c\"", "Math");
    Files.writeString(dir.resolve("rb2.jsonl"), three);
    Ended ranked = rate("out", "--score_w_ratings=false");
    assertThat(ranked.code()).isEqualTo(1);
    assertThat(ranked.err())
        .contains("rb2.jsonl:1: 3 responses; a ranking is of 4", "--score_w_ratings true");
    Ended template = rate("out", "--ranking_template=" + dir.resolve("ranking.json"));
    assertThat(template.code()).isEqualTo(2);
    assertThat(template.err())
        .contains("is used with --score_w_ratings false, but --score_w_ratings is true");
    Files.writeString(dir.resolve("rating.json"), "{\"user\":\"{chat}\"}");
    Ended lacking = rate("out");
    assertThat(lacking.code()).isEqualTo(1);
    assertThat(lacking.err()).contains("the template lacks {answer}");
    Files.writeString(dir.resolve("rb2.jsonl"), three.replace("\"Why?\"", "[\"Why?\"]"));
    Ended prompt = rate("out");
    assertThat(prompt.code()).isEqualTo(1);
    assertThat(prompt.err()).contains("rb2.jsonl:1: 'prompt' is an array, expected a text");
    assertThat(dir.resolve("out")).doesNotExist();
  }
}
