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
import tools.jackson.databind.node.ObjectNode;

/// The way from pairs to a trained judge and its verdicts, by the commands, for every method.
class PreferenceCommandsTest {
  private static final Path ROOT = Golden.roots("ckpt_a").getFirst();
  private static final String MODEL = ROOT.resolve("ckpt_a").toString();
  private static final int PAIRS = 12;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  @SuppressWarnings("NullAway.Init")
  private String pairs;

  @SuppressWarnings("NullAway.Init")
  private String prompt;

  @BeforeEach
  void writePairs() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String line : Files.readAllLines(ROOT.resolve("trl/dpo_data.jsonl"))) {
      ObjectNode row = (ObjectNode) Json.parse(line, "row");
      row.remove(List.of("prompt_ids", "chosen_ids", "rejected_ids"));
      lines.append(Json.write(row)).append('\n');
    }
    pairs = Files.writeString(dir.resolve("pairs.jsonl"), lines).toString();
    prompt =
        Files.writeString(
                dir.resolve("prompt.json"), "{\"user\":\"{chat} A: {answer_a} B: {answer_b}\"}")
            .toString();
  }

  private String train(String command, String name, String... more) {
    String out = dir.resolve(name).toString();
    List<String> words =
        new ArrayList<>(
            List.of(
                command,
                "--model_name_or_path",
                MODEL,
                "--dataset",
                pairs,
                "--output_dir",
                out,
                "--max_steps",
                "30",
                "--learning_rate",
                "3e-3",
                "--per_device_train_batch_size",
                "12",
                "--gradient_accumulation_steps",
                "1",
                "--max_length",
                "0",
                "--lr_scheduler_type",
                "constant",
                "--warmup_steps",
                "0",
                "--save_strategy",
                "no",
                "--threads",
                "2"));
    words.addAll(List.of(more));
    Ended ended = gavel("", words.toArray(String[]::new));
    assertThat(ended.code()).as(ended.err()).isZero();
    return out;
  }

  private JsonNode judge(String method, String model, String name, String... more)
      throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "judge",
                "--method",
                method,
                "--model_name_or_path",
                model,
                "--dataset",
                pairs,
                "--output_dir",
                dir.resolve(name).toString(),
                "--threads",
                "2"));
    words.addAll(List.of(more));
    Ended ended = gavel("", words.toArray(String[]::new));
    assertThat(ended.code()).as(ended.err()).isZero();
    return Json.parse(ended.out(), "results");
  }

  private List<JsonNode> votes(String name) throws IOException {
    List<JsonNode> votes = new ArrayList<>();
    for (String line : Files.readAllLines(dir.resolve(name).resolve("votes.jsonl"))) {
      votes.add(Json.parse(line, "vote"));
    }
    return votes;
  }

  /// Thirty steps on twelve pairs are learned by heart, so every judge must find them again.
  private static void knowsAll(JsonNode results) {
    assertThat(results.get("accuracy").asDouble()).isEqualTo(1);
    assertThat(results.get("n").asInt()).isEqualTo(PAIRS);
    assertThat(results.get("abstain_rate").asDouble()).isZero();
  }

  @Test
  void aRewardModelComparesAndScores() throws IOException {
    String model = train("reward", "reward");
    knowsAll(judge("bt", model, "judged"));
    JsonNode vote = votes("judged").getFirst();
    JsonNode row = Json.parse(Files.readAllLines(Path.of(pairs)).getFirst(), "row");
    ObjectNode ask = Json.mapper().createObjectNode();
    ask.set("prompt", row.get("prompt"));
    ask.putArray("responses").add(row.get("rejected")).add(row.get("chosen"));
    Ended ended = gavel(Json.write(ask), "score", "--method", "bt", "--model_name_or_path", model);
    JsonNode scored = Json.parse(ended.out(), "scored");
    assertThat(scored.get("best").asInt()).isEqualTo(1);
    boolean ab = vote.get("order").asString().equals("ab");
    double chosen = vote.get(ab ? "score_a" : "score_b").asDouble();
    double rejected = vote.get(ab ? "score_b" : "score_a").asDouble();
    assertThat(scored.get("scores").get(0).asDouble()).isEqualTo(rejected);
    assertThat(scored.get("scores").get(1).asDouble()).isEqualTo(chosen);
    assertThat(vote.get("log_odds").asDouble()).isEqualTo(chosen - rejected);
    assertThat(vote.get("preference").asDouble())
        .isCloseTo(1 / (1 + Math.exp(rejected - chosen)), within(1e-12));
    ObjectNode one = Json.mapper().createObjectNode();
    one.set("prompt", row.get("prompt"));
    one.set("response", row.get("chosen"));
    String alone =
        gavel(Json.write(one), "score", "--method", "bt", "--model_name_or_path", model).out();
    assertThat(Json.parse(alone, "one").get("score").asDouble()).isEqualTo(chosen);
  }

  @Test
  void pairRmComparesInBothOrders() throws IOException {
    String model = train("pairrm", "pairrm", "--prompt_template", prompt, "--order", "both");
    String[] how = {"--prompt_template", prompt, "--order", "both"};
    knowsAll(judge("pairrm", model, "judged", how));
    assertThat(votes("judged")).hasSize(2 * PAIRS);
    assertThat(votes("judged").getFirst().get("score_b").asDouble()).isZero();
    Ended wrong =
        gavel(
            "",
            "judge",
            "--method",
            "bt",
            "--model_name_or_path",
            model,
            "--dataset",
            pairs,
            "--output_dir",
            dir.resolve("wrong").toString());
    assertThat(wrong.code()).isEqualTo(1);
    assertThat(wrong.err()).contains("has a head that reads pairs; --method bt needs a model of");
    assertThat(dir.resolve("wrong/votes.jsonl")).doesNotExist();
  }

  @Test
  void genRmGivesTheLettersProbabilities() throws IOException {
    String model = train("genrm", "genrm", "--prompt_template", prompt, "--order", "both");
    String[] how = {"--prompt_template", prompt};
    knowsAll(judge("genrm", model, "judged", how));
    for (JsonNode vote : votes("judged")) {
      double a = vote.get("p_a").asDouble();
      double b = vote.get("p_b").asDouble();
      assertThat(a + b + vote.get("p_other").asDouble()).isCloseTo(1, within(1e-6));
      double odds = Math.log(a / b) * (vote.get("order").asString().equals("ab") ? 1 : -1);
      assertThat(vote.get("log_odds").asDouble()).isCloseTo(odds, within(1e-6));
      assertThat(vote.get("verdict").asString()).isEqualTo(a > b ? "A" : "B");
    }
    // sampled letters agree with probabilities that are near 0 and 1
    JsonNode sampled =
        judge(
            "genrm",
            model,
            "sampled",
            "--prompt_template",
            prompt,
            "--answers",
            "sampled",
            "--n",
            "4");
    assertThat(sampled.get("maj").size()).isEqualTo(4);
    assertThat(sampled.get("accuracy").asDouble()).isGreaterThan(0.9);
    // zero-shot: an untrained model spreads its probability over the vocabulary
    judge("genrm", MODEL, "zero", how);
    assertThat(votes("zero").getFirst().get("p_other").asDouble()).isGreaterThan(0.5);
  }

  @Test
  void anImplicitRewardComparesPolicyAndReference() throws IOException {
    String model = train("dpo", "dpo");
    knowsAll(judge("dpo", model, "judged", "--ref_model", MODEL));
    JsonNode same = judge("dpo", MODEL, "same", "--ref_model", MODEL);
    assertThat(same.get("accuracy").isNull()).isTrue(); // all rewards are 0: no verdict
    Ended without =
        gavel(
            "",
            "judge",
            "--method",
            "dpo",
            "--model_name_or_path",
            model,
            "--dataset",
            pairs,
            "--output_dir",
            dir.resolve("none").toString());
    assertThat(without.err()).contains("--method dpo needs --ref_model DIR");
  }

  /// The first row of a call decides whether plain texts get an end token, whichever shard it is in
  /// and whether or not it is judged already.
  @Test
  void partsOfACallReadRowsAsTheWholeDoes() throws IOException {
    String model = train("reward", "reward");
    String talk =
        """
        {"prompt":[{"role":"user","content":"q"}],"chosen":[{"role":"assistant","content":"a"}],\
        "rejected":[{"role":"assistant","content":"b"}]}
        """;
    pairs =
        Files.writeString(dir.resolve("mixed.jsonl"), talk + Files.readString(Path.of(pairs)))
            .toString();
    judge("bt", model, "whole");
    List<JsonNode> whole = votes("whole");
    judge("bt", model, "part", "--num_shards", "2", "--shard_index", "1");
    List<JsonNode> second = new ArrayList<>();
    for (int i = 1; i < whole.size(); i += 2) {
      second.add(whole.get(i));
    }
    assertThat(votes("part")).isEqualTo(second);
    Path file = dir.resolve("whole").resolve("votes.jsonl");
    String all = Files.readString(file);
    Files.writeString(file, all.substring(0, all.indexOf('\n') + 1));
    judge("bt", model, "whole");
    assertThat(file).hasContent(all);
  }

  /// A partner drawn by the seed is the one that is scored.
  @Test
  void theJudgedPairIsTheOneThatWasRead() throws IOException {
    String model = train("reward", "reward");
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      ObjectNode row = Json.mapper().createObjectNode().put("instruction", "question " + i);
      var completions = row.putArray("completions");
      for (int j = 0; j < 4; j++) {
        completions.addObject().put("response", "answer " + j + i).put("overall_score", j + 1);
      }
      rows.append(Json.write(row)).append('\n');
    }
    pairs = Files.writeString(dir.resolve("ultra.jsonl"), rows).toString();
    String[] how = {"--dataset_format", "ultrafeedback", "--seed"};
    judge("bt", model, "seven", how[0], how[1], how[2], "7");
    judge("bt", model, "eight", how[0], how[1], how[2], "8");
    Path seven = dir.resolve("seven").resolve("pairs.jsonl");
    Path eight = dir.resolve("eight").resolve("pairs.jsonl");
    assertThat(Files.readString(seven)).isNotEqualTo(Files.readString(eight));
    for (String folder : List.of("seven", "eight")) {
      scoresAreThoseOfItsPairs(model, folder);
    }
  }

  private void scoresAreThoseOfItsPairs(String model, String folder) throws IOException {
    List<String> judged = Files.readAllLines(dir.resolve(folder).resolve("pairs.jsonl"));
    List<JsonNode> votes = votes(folder);
    for (int i = 0; i < judged.size(); i++) {
      ObjectNode pair = (ObjectNode) Json.parse(judged.get(i), "pair");
      pair.putArray("responses").add(turn(pair, "response_a")).add(turn(pair, "response_b"));
      Ended ended =
          gavel(Json.write(pair), "score", "--method", "bt", "--model_name_or_path", model);
      assertThat(ended.code()).as(ended.err()).isZero();
      JsonNode scores = Json.parse(ended.out(), "scored").get("scores");
      boolean ab = votes.get(i).get("order").asString().equals("ab");
      assertThat(scores.get(0)).isEqualTo(votes.get(i).get(ab ? "score_a" : "score_b"));
      assertThat(scores.get(1)).isEqualTo(votes.get(i).get(ab ? "score_b" : "score_a"));
    }
  }

  private static JsonNode turn(JsonNode pair, String response) {
    var turns = Json.mapper().createArrayNode();
    turns.addObject().put("role", "assistant").put("content", pair.get(response).asString());
    return turns;
  }

  /// An adapter folder is a judge like a whole model, and merged it says the same.
  @Test
  void adaptersJudgeAsTheirMergedModelsDo() throws IOException {
    String[] lora = {
      "--prompt_template",
      prompt,
      "--use_peft",
      "true",
      "--lora_r",
      "8",
      "--lora_target_modules",
      "all-linear",
      "--order",
      "both"
    };
    String adapter = train("pairrm", "adapter", lora);
    String[] how = {"--prompt_template", prompt, "--order", "both"};
    judge("pairrm", adapter, "judged", how);
    String merged = dir.resolve("merged").toString();
    Ended merging = gavel("", "merge", "--model_name_or_path", adapter, "--output_dir", merged);
    assertThat(merging.code()).as(merging.err()).isZero();
    judge("pairrm", merged, "judged-merged", how);
    List<JsonNode> a = votes("judged");
    List<JsonNode> b = votes("judged-merged");
    for (int i = 0; i < a.size(); i++) { // W + BA is rounded once more than W x + B A x
      assertThat(a.get(i).get("score_a").asDouble())
          .isCloseTo(b.get(i).get("score_a").asDouble(), within(1e-4));
    }
    String dpo = train("dpo", "dpo-adapter", "--use_peft", "true", "--lora_r", "8");
    JsonNode results = judge("dpo", dpo, "judged-dpo"); // the base is the reference
    assertThat(results.get("accuracy").asDouble()).isGreaterThan(0.8);
  }

  @Test
  void aJudgedFolderGoesOnAndKeepsItsBytes() throws IOException {
    String[] how = {"--prompt_template", prompt, "--order", "both"};
    judge("genrm", MODEL, "whole", how);
    Path votes = dir.resolve("whole/votes.jsonl");
    byte[] all = Files.readAllBytes(votes);
    Files.write(votes, java.util.Arrays.copyOf(all, all.length / 2));
    judge("genrm", MODEL, "whole", how);
    assertThat(Files.readAllBytes(votes)).isEqualTo(all);
  }

  @Test
  void pairJudgesScoreByRoundRobinOrAgainstAReference() throws IOException {
    String rows =
        "{\"prompt\":\"p\",\"responses\":[\"x\",\"yy\",\"zzz\"]}\n"
            + "{\"prompt\":\"p\",\"responses\":[\"x\"]}\n";
    String[] how = {"--method", "genrm", "--order", "both", "--prompt_template", prompt};
    Ended ended = score(rows, how);
    assertThat(ended.code()).isEqualTo(1); // the second row has nothing to compare
    JsonNode scores = Json.parse(ended.lines().getFirst(), "row").get("scores");
    double sum = 0;
    for (JsonNode s : scores) {
      sum += s.asDouble();
    }
    assertThat(sum).isCloseTo(1.5, within(1e-9)); // three comparisons, each worth 1, over n - 1
    assertThat(ended.lines().get(1)).contains("give at least two in 'responses'");
    String fixed = "{\"prompt\":\"p\",\"responses\":[\"x\",\"x\"],\"fixed\":\"x\"}\n";
    JsonNode even =
        Json.parse(
            score(
                    fixed,
                    "--method",
                    "genrm",
                    "--order",
                    "both",
                    "--prompt_template",
                    prompt,
                    "--reference_column",
                    "fixed")
                .lines()
                .getFirst(),
            "row");
    assertThat(even.get("scores").get(0).asDouble()).isCloseTo(0.5, within(1e-9));
  }

  private static Ended score(String rows, String... more) {
    List<String> words = new ArrayList<>(List.of("score", "--model_name_or_path", MODEL));
    words.addAll(List.of(more));
    return gavel(rows, words.toArray(String[]::new));
  }
}
