package dev.gavel.train.star;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import dev.gavel.train.compare.CompareOptions;
import dev.gavel.train.compare.Comparison;
import dev.gavel.train.config.Bound;
import dev.gavel.train.recipe.RunContext;
import dev.gavel.train.recipe.SftConfig;
import dev.gavel.train.recipe.Training;
import dev.gavel.train.report.Figures;
import dev.gavel.train.stage.Stage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The STaR loop on a tiny model that answers A or B at random.
class StarRunTest {
  private static final Path MODEL = Golden.find("ckpt_a/config.json").getFirst().getParent();
  private static final int PAIRS = 12;

  @TempDir private static Path shared;
  private static Path base;
  private static Path pairs;
  private static Path prompt;
  private static Path why;

  @TempDir private Path dir;

  /// Teaches the judge's form: a word, then either verdict; and that of an explanation.
  @BeforeAll
  static void teach() throws IOException {
    prompt =
        Files.writeString(
            shared.resolve("judge.json"), "{\"user\":\"{chat}{answer_a}{answer_b}\"}");
    why =
        Files.writeString(
            shared.resolve("why.json"), "{\"user\":\"{winner} {chat}{answer_a}{answer_b}\"}");
    StringBuilder rows = new StringBuilder();
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < PAIRS; i++) {
      all.append("{\"prompt\":\"%d\",\"chosen\":\"x\",\"rejected\":\"y\"}\n".formatted(i));
      for (String order : List.of("xy", "yx")) {
        for (String verdict : List.of("A", "B")) {
          rows.append(row(i + order, "so [[" + verdict + "]]"));
          rows.append(row(verdict + " " + i + order, "so"));
        }
      }
    }
    pairs = Files.writeString(shared.resolve("pairs.jsonl"), all);
    Path taught = Files.writeString(shared.resolve("rows.jsonl"), rows);
    base = shared.resolve("base");
    Bound<SftConfig> sft =
        new Stage("sft")
            .with("model_name_or_path", MODEL)
            .with("dataset", taught)
            .with("output_dir", base)
            .with("chat_template", "llama3")
            .with("max_steps", 60)
            .with("learning_rate", "5e-3")
            .with("per_device_train_batch_size", 48)
            .with("save_strategy", "no")
            .with("threads", 2)
            .bind(SftConfig.class);
    Training.run(sft.options(), sft.json(), new RunContext(quiet(), () -> false));
  }

  private static String row(String user, String answer) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"},{\"role\":\"assistant\",\"content\":\"%s\"}]}\n"
        .formatted(user, answer);
  }

  private static PrintStream quiet() {
    return new PrintStream(OutputStream.nullOutputStream());
  }

  private Stage star(String mode, Path out) {
    boolean explains = mode.equals("rationalizer") || mode.equals("ipo");
    Optional<Integer> samples = Optional.of(4).filter(_ -> !mode.equals("rationalizer"));
    return new Stage("star")
        .with("mode", mode)
        .with("model_name_or_path", base)
        .with("dataset", pairs)
        .with("eval_dataset", pairs)
        .with("output_dir", out)
        .with("chat_template", "llama3")
        .with("prompt_template", prompt)
        .with("rationale_template", Optional.of(why).filter(_ -> explains))
        .with("verdict_suffix", Optional.of(" [[X]]").filter(_ -> explains))
        .with("iterations", 2)
        .with("samples_per_prompt", samples)
        .with("n", 3)
        .with("max_new_tokens", 8)
        .with("per_device_train_batch_size", 4)
        .with("gradient_accumulation_steps", 1)
        .with("num_train_epochs", 2)
        .with("learning_rate", "1e-3")
        .with("logging_steps", 1)
        .with("save_steps", 2)
        .with("threads", 2);
  }

  private static ObjectNode run(Stage stage, BooleanSupplier interrupted) throws IOException {
    return new StarRun(stage.bind(StarConfig.class), quiet(), interrupted).run();
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> all = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      all.add(Json.parse(line, "line"));
    }
    return all;
  }

  /// Rounds of two loops on one page; of one that is not done, those that are.
  @Test
  void loopsAreCompared() throws IOException {
    ObjectNode whole = run(star("sft", dir.resolve("whole")), () -> false);
    run(star("dpo", dir.resolve("half")), () -> false);
    Files.delete(dir.resolve("half/results.json"));
    Files.delete(dir.resolve("half/iteration-2/results.json"));
    Path page = dir.resolve("page.html");
    Comparison comparison =
        Comparison.of(
            new CompareOptions(List.of(dir.resolve("whole"), dir.resolve("half")), page, 42));
    assertThat(comparison.unfinished())
        .containsExactly(dir.resolve("half") + ": not finished: 1 of 2 rounds");
    String table = comparison.write();
    for (int k = 0; k < 2; k++) {
      JsonNode judged = whole.at("/iterations/%d/evaluations/pairs".formatted(k));
      String share = Figures.percent(judged.get("accuracy").asDouble());
      assertThat(table).containsPattern("whole, %d +12 .* %s  ".formatted(k + 1, share));
      String yield =
          Figures.number(whole.at("/iterations/%d/rows_per_pair".formatted(k)).asDouble());
      assertThat(Files.readString(page))
          .contains("round: %d\nwhole: %s</title>".formatted(k + 1, yield));
    }
    assertThat(table).contains("half, 1").doesNotContain("half, 2");
    assertThat(Files.readString(page))
        .contains("Majority of all votes on pairs", "<td class=\"t\">star, dpo</td>")
        .contains(">mode</th><td class=\"t\">sft</td><td class=\"t\">dpo</td>");
  }

  @Test
  void rightChainsAreLearnedAsTheTokensThatWereSampled() throws IOException {
    Path out = dir.resolve("out");
    ObjectNode results = run(star("sft", out), () -> false);
    Set<String> seen = new HashSet<>();
    for (int k = 1; k <= 2; k++) {
      Path folder = out.resolve("iteration-" + k);
      List<JsonNode> draws = lines(folder.resolve("draws.jsonl"));
      assertThat(draws).hasSize(4 * PAIRS / 2);
      draws.forEach(d -> seen.add(d.get("id").toString()));
      List<JsonNode> right =
          draws.stream().filter(d -> d.get("prefers").asString("").equals("chosen")).toList();
      List<JsonNode> rows = lines(folder.resolve("rows.jsonl"));
      assertThat(rows).hasSameSizeAs(right);
      for (int i = 0; i < rows.size(); i++) {
        List<Integer> labels =
            rows.get(i)
                .get("labels")
                .valueStream()
                .map(JsonNode::asInt)
                .filter(l -> l >= 0)
                .toList();
        assertThat(labels)
            .isEqualTo(right.get(i).get("ids").valueStream().map(JsonNode::asInt).toList());
      }
      JsonNode round = results.get("iterations").get(k - 1);
      assertThat(round.get("rows").asInt()).isEqualTo(rows.size());
      assertThat(round.get("draws").get("right").asDouble())
          .isEqualTo((double) right.size() / draws.size());
      // own chains, each learned token as likely as when it was sampled
      double logprob = right.stream().mapToDouble(d -> d.get("logprob").asDouble()).sum();
      long tokens = right.stream().mapToLong(d -> d.get("ids").size()).sum();
      assertThat(round.get("logprob_per_token").asDouble())
          .isCloseTo(logprob / tokens, org.assertj.core.data.Offset.offset(1e-4));
      assertThat(round.get("evaluations").get("pairs").get("maj").size()).isEqualTo(3);
      assertThat(folder.resolve("model.safetensors")).exists();
    }
    assertThat(seen).hasSize(PAIRS); // no row is used twice
    assertThat(Files.readString(out.resolve("report.html"))).contains("Chains", "round 2");
  }

  @Test
  void dpoSetsRightAgainstWrongChainsOfOneQuestion() throws IOException {
    Path out = dir.resolve("out");
    run(star("dpo", out).with("max_pairs_per_prompt", 2), () -> false);
    List<JsonNode> rows = lines(out.resolve("iteration-1/rows.jsonl"));
    assertThat(rows).isNotEmpty();
    for (JsonNode row : rows) {
      boolean aIsChosen = row.get("order").asString().equals("ab");
      assertThat(row.get("chosen_text").asString()).contains(aIsChosen ? "[[A]]" : "[[B]]");
      assertThat(row.get("rejected_text").asString()).contains(aIsChosen ? "[[B]]" : "[[A]]");
    }
    // the reference is the model that sampled: rewards begin at 0
    JsonNode first = lines(out.resolve("iteration-2/metrics.jsonl")).getFirst();
    assertThat(first.get("rewards/chosen").asDouble()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rationalizer", "ipo"})
  void explanationsGetTheLabelsVerdict(String mode) throws IOException {
    Path out = dir.resolve("out");
    run(star(mode, out), () -> false);
    List<JsonNode> rows = lines(out.resolve("iteration-1/rows.jsonl"));
    assertThat(rows).isNotEmpty();
    for (JsonNode row : rows) {
      String learned = row.get(mode.equals("ipo") ? "chosen_text" : "text").asString();
      assertThat(learned).endsWith(row.get("order").asString().equals("ab") ? " [[A]]" : " [[B]]");
    }
  }

  @Test
  void anotherModelsRationalesBootstrapTheFirstRound() throws IOException {
    StringBuilder file = new StringBuilder();
    for (int i = 0; i < PAIRS; i++) {
      file.append("{\"id\":%d,\"text\":\"hm [[A]]\",\"order\":\"ab\"}\n".formatted(i));
    }
    Path rationales = Files.writeString(dir.resolve("rationales.jsonl"), file);
    Path out = dir.resolve("out");
    run(star("sft", out).with("rationales", rationales), () -> false);
    assertThat(out.resolve("iteration-1/draws.jsonl")).doesNotExist();
    List<JsonNode> rows = lines(out.resolve("iteration-1/rows.jsonl"));
    assertThat(rows).hasSize(PAIRS / 2).allMatch(r -> r.get("text").asString().equals("hm [[A]]"));
    assertThat(out.resolve("iteration-2/draws.jsonl")).exists();
  }

  @Test
  void aDryRunCountsAndWritesNothing() throws IOException {
    Path out = dir.resolve("out");
    ObjectNode json = run(star("dpo", out).with("dry_run", true), () -> false);
    assertThat(json.get("iterations").get(1).get("draws").asInt()).isEqualTo(4 * PAIRS / 2);
    assertThat(json.get("iterations").get(1).get("longest_prompt").asInt()).isPositive();
    assertThat(json.get("votes_of_each_evaluation").asInt()).isEqualTo(3 * PAIRS);
    assertThat(out).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sft", "dpo", "rationalizer", "ipo"})
  void aDryRunMeasuresWhatThePhasesTake(String mode) throws IOException {
    Path out = dir.resolve("out");
    ObjectNode json = run(star(mode, out).with("dry_run", true).with("order", "both"), () -> false);
    JsonNode measured = json.get("measured");
    for (String rate :
        List.of(
            "prefill_tokens_per_second",
            "decode_tokens_per_second",
            "training_tokens_per_second",
            "seconds_per_update",
            "load_seconds")) {
      assertThat(measured.get(rate).asDouble()).as(rate).isPositive().isFinite();
    }
    assertThat(measured.get("chains").asInt() + measured.get("chains_cut_short").asInt())
        .isEqualTo(measured.get("samples_at_once").asInt());
    assertThat(measured.get("tokens_per_chain").asDouble()).isBetween(1.0, 8.0);
    double sum = json.get("base_evaluation_seconds").asDouble();
    for (JsonNode round : json.get("iterations")) {
      assertThat(round.get("questions").asInt()).isEqualTo(PAIRS); // 6 pairs, both orders
      assertThat(round.get("rows").asInt()).isPositive();
      // 2 epochs of steps of 4 rows
      assertThat(round.get("steps").asInt())
          .isBetween(2 * (round.get("rows").asInt() / 4), 2 * (round.get("rows").asInt() / 4 + 2));
      JsonNode seconds = round.get("seconds");
      assertThat(seconds.propertyNames())
          .containsExactly("sampling", "likelihood", "training", "evaluation", "loading");
      sum += seconds.valueStream().mapToDouble(JsonNode::asDouble).sum();
    }
    assertThat(json.get("seconds").asDouble()).isCloseTo(sum, Percentage.withPercentage(1e-6));
    for (String phase : List.of("sampling", "training", "evaluation")) {
      assertThat(json.get("memory_bytes").get(phase).asLong()).as(phase).isPositive();
    }
    assertThat(json.get("assumed").valueStream().map(JsonNode::asString))
        .anyMatch(a -> a.contains("tokens, the mean of"));
    assertThat(out).doesNotExist();
  }

  @Test
  void eachJudgeIsComparedWithTheOneBefore() throws IOException {
    Path out = dir.resolve("out");
    ObjectNode results = run(star("dpo", out).with("order", "both"), () -> false);
    assertThat(results.get("base").get("evaluations").get("pairs").get("n").asInt())
        .isEqualTo(PAIRS);
    Path before = out.resolve("base");
    StringBuilder titles = new StringBuilder();
    for (int k = 1; k <= 2; k++) {
      Path after = out.resolve("iteration-" + k);
      JsonNode round = results.get("iterations").get(k - 1);
      JsonNode found = round.get("against_before").get("pairs");
      assertThat(found.get("before").asString()).isEqualTo(k == 1 ? "base" : "round 1");
      Map<String, Integer> was = leads(before);
      Map<String, Integer> is = leads(after);
      int better = 0;
      int worse = 0;
      int undecided = 0;
      for (String id : was.keySet()) {
        int one = was.get(id);
        int other = is.get(id);
        better += one < 0 && other > 0 ? 1 : 0;
        worse += one > 0 && other < 0 ? 1 : 0;
        undecided += one == 0 || other == 0 ? 1 : 0;
      }
      assertThat(found.get("wrong_to_right").asInt()).isEqualTo(better);
      assertThat(found.get("right_to_wrong").asInt()).isEqualTo(worse);
      assertThat(found.get("undecided").asInt()).isEqualTo(undecided);
      int rest = found.get("both_right").asInt() + found.get("both_wrong").asInt();
      assertThat(better + worse + undecided + rest).isEqualTo(PAIRS);
      JsonNode judged = round.get("evaluations").get("pairs");
      assertThat(judged.get("position_bias").isNull()).isFalse();
      assertThat(judged.get("order_disagreement").isNull()).isFalse();
      assertThat(judged.get("by_place").get("preference_for_a").asDouble()).isBetween(-0.5, 0.5);
      if (better + worse > 0) {
        titles.append(
            "pairs, %s → round %d: %d from wrong to right, %d from right to wrong;"
                .formatted(k == 1 ? "base" : "round 1", k, better, worse));
      }
      before = after;
    }
    String page = Files.readString(out.resolve("report.html"));
    for (String title : titles.toString().split(";")) {
      assertThat(page).contains(title);
    }
    assertThat(page)
        .contains("Maj@3", "position bias", "orders disagree", "Disagreeing", "class=\"part yes\"");
  }

  /// Votes that are right less those that are wrong, by pair.
  private static Map<String, Integer> leads(Path folder) throws IOException {
    Map<String, Integer> leads = new HashMap<>();
    for (JsonNode vote : lines(folder.resolve("judged-pairs/votes.jsonl"))) {
      JsonNode prefers = vote.get("prefers");
      int one = prefers.isNull() ? 0 : prefers.asString().equals("chosen") ? 1 : -1;
      leads.merge(vote.get("id").toString(), one, Integer::sum);
    }
    return leads;
  }

  /// Stopped at some moment of sampling, training or judging, and called again.
  @ParameterizedTest
  @ValueSource(strings = {"sft", "dpo"})
  void aLoopThatIsStoppedGoesOnToTheSameBytes(String mode) throws IOException {
    Path whole = dir.resolve("whole");
    int[] asked = {0};
    run(
        star(mode, whole),
        () -> {
          asked[0]++;
          return false;
        });
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Path parts = dir.resolve("parts");
    for (int i = 0; i < 3; i++) {
      int[] left = {1 + random.nextInt(asked[0] / 2)};
      run(star(mode, parts), () -> --left[0] <= 0);
    }
    run(star(mode, parts), () -> false);
    for (String name : List.of("results.json", "base/judged-pairs/votes.jsonl")) {
      assertThat(parts.resolve(name))
          .as("%s, seed %d", name, seed)
          .hasSameBinaryContentAs(whole.resolve(name));
    }
    for (int k = 1; k <= 2; k++) {
      for (String name :
          List.of(
              "draws.jsonl",
              "rows.jsonl",
              "model.safetensors",
              "metrics.jsonl",
              "results.json",
              "judged-pairs/votes.jsonl")) {
        Path file = Path.of("iteration-" + k).resolve(name);
        assertThat(parts.resolve(file))
            .as("%s, seed %d", file, seed)
            .hasSameBinaryContentAs(whole.resolve(file));
      }
    }
    assertThatThrownBy(() -> run(star(mode, parts).with("n", 5), () -> false))
        .hasMessageContaining("was begun with n = 3, now it is 5");
  }
}
