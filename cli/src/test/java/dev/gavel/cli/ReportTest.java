package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import dev.gavel.train.report.Figures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `gavel report` on folders that the commands wrote.
class ReportTest {
  private static final Path ROOT = Golden.roots("ckpt_a").getFirst();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  static Path dir;

  @BeforeAll
  static void makeRuns() throws IOException {
    StringBuilder pairs = new StringBuilder();
    StringBuilder bench = new StringBuilder();
    int i = 0;
    for (String line : Files.readAllLines(ROOT.resolve("trl/dpo_data.jsonl"))) {
      ObjectNode row = (ObjectNode) Json.parse(line, "row");
      row.remove(List.of("prompt_ids", "chosen_ids", "rejected_ids"));
      pairs.append(Json.write(row.put("subset", i % 2 == 0 ? "even" : "odd"))).append('\n');
      row.put("subset", i % 2 == 0 ? "hep-go" : "alpacaeval-easy").put("id", "rb" + i++);
      bench.append(Json.write(row)).append('\n');
    }
    Files.writeString(dir.resolve("pairs.jsonl"), pairs);
    Files.writeString(dir.resolve("bench.jsonl"), bench);
    Files.writeString(
        dir.resolve("rb2.jsonl"),
        "{\"id\":\"1\",\"prompt\":\"Why?\",\"chosen\":[\"yes\"],\"rejected\":[\"a\",\"bb\",\"c\"],\"num_correct\":1,\"total_completions\":4,\"subset\":\"Math\"}\n");
    train("reward", "slow", "1e-4", "--eval_strategy=steps", "--eval_steps=2");
    train("reward", "fast & <b>", "3e-3");
    String prompt = "{\"user\":\"{chat} A: {answer_a} B: {answer_b}\"}";
    Files.writeString(dir.resolve("prompt.json"), prompt);
    judge("judge --method=bt", dir.resolve("slow"), "pairs.jsonl", "judged");
    judge("judge --method=bt", dir.resolve("fast & <b>"), "pairs.jsonl", "other/judged");
    judge(
        "judge --method=genrm --order=both",
        ROOT.resolve("ckpt_a"),
        "pairs.jsonl",
        "genrm",
        "--prompt_template=" + dir.resolve("prompt.json"));
    judge("eval rewardbench --method=bt", dir.resolve("slow"), "bench.jsonl", "bench");
    judge("eval rewardbench2 --method=bt", dir.resolve("slow"), "rb2.jsonl", "bench2");
  }

  private static void done(List<String> words) {
    Ended ended = gavel("", words.toArray(String[]::new));
    assertThat(ended.code()).as(ended.err()).isZero();
  }

  private static void train(String command, String out, String rate, String... more) {
    List<String> words = new ArrayList<>(List.of(command, "--max_steps=5", "--logging_steps=1"));
    words.addAll(List.of("--per_device_train_batch_size=4", "--gradient_accumulation_steps=1"));
    words.addAll(List.of("--model_name_or_path=" + ROOT.resolve("ckpt_a"), "--max_length=0"));
    words.addAll(List.of("--dataset=" + dir.resolve("pairs.jsonl"), "--threads=2"));
    words.addAll(List.of("--eval_dataset=" + dir.resolve("pairs.jsonl"), "--save_strategy=no"));
    words.addAll(List.of("--output_dir=" + dir.resolve(out), "--learning_rate=" + rate));
    words.addAll(List.of(more));
    done(words);
  }

  private static void judge(String call, Path model, String data, String out, String... more) {
    List<String> words = new ArrayList<>(List.of(call.split(" ")));
    words.addAll(List.of("--model_name_or_path=" + model, "--dataset=" + dir.resolve(data)));
    words.addAll(List.of("--output_dir=" + dir.resolve(out), "--threads=2"));
    words.addAll(List.of(more));
    done(words);
  }

  private static Ended report(String page, String... runs) {
    List<String> words = new ArrayList<>(List.of("report"));
    for (String run : runs) {
      words.add(dir.resolve(run).toString());
    }
    words.add("--output_file=" + dir.resolve(page));
    return gavel("", words.toArray(String[]::new));
  }

  private static String page(String name) throws IOException {
    return Files.readString(dir.resolve(name));
  }

  /// The line of a printed table that begins with a word, cut into its cells.
  private static List<String> cells(Ended ended, String first) {
    return ended.lines().stream()
        .map(line -> Arrays.asList(line.split(" {2,}")))
        .filter(cells -> cells.getFirst().equals(first))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no line '" + first + "' in\n" + ended.out()));
  }

  /// The last value of each metric that a run wrote.
  private static Map<String, JsonNode> last(String run) throws IOException {
    Map<String, JsonNode> last = new LinkedHashMap<>();
    for (String line : Files.readAllLines(dir.resolve(run).resolve("metrics.jsonl"))) {
      Json.parse(line, "row").properties().forEach(e -> last.put(e.getKey(), e.getValue()));
    }
    return last;
  }

  private static String figure(JsonNode value) {
    return value.isIntegralNumber() ? value.asString() : Figures.number(value.asDouble());
  }

  private static JsonNode results(String run) throws IOException {
    return Json.read(dir.resolve(run).resolve("results.json"));
  }

  private static String percent(JsonNode share) {
    return Figures.percent(share.asDouble());
  }

  @Test
  void trainingsStandBesideEachOther() throws IOException {
    Ended ended = report("pages/training.html", "slow", "fast & <b>");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.err()).isEqualTo("page: " + dir.resolve("pages/training.html").toUri() + "\n");
    assertThat(ended.out()).startsWith("Training, reward: last figures\n");
    Map<String, JsonNode> slow = last("slow");
    Map<String, JsonNode> fast = last("fast & <b>");
    assertThat(slow).containsKeys("loss", "accuracy", "eval_loss", "grad_norm");
    String page = page("pages/training.html");
    slow.forEach((key, value) -> {
      String shown = key.startsWith("eval_") ? figure(value) + " (step 4)" : figure(value);
      String other = fast.containsKey(key) ? figure(fast.get(key)) : "–";
      assertThat(cells(ended, key)).as(key).containsExactly(key, shown, other);
      if (!key.startsWith("eval_") && !key.equals("step") && !key.equals("epoch")) {
        assertThat(page).contains("-title\">" + key + "</figcaption>");
      }
    });
    assertThat(page)
        .contains("step: 4\nslow, evaluation: " + figure(slow.get("eval_loss")))
        .contains("step: 5\nfast &amp; &lt;b&gt;: " + figure(fast.get("loss")))
        .contains("href=\"./../slow/report.html\"")
        .contains("href=\"./../fast%20&amp;%20%3Cb%3E/report.html\"")
        .contains(">learning_rate</th><td class=\"t\">0.0001</td><td class=\"t\">0.003</td>")
        .contains(">eval_strategy</th><td class=\"t\">steps</td><td class=\"t\">no</td>")
        .contains("Settings that are equal", "<dt>max_steps</dt><dd>5</dd>")
        .doesNotContain("output_dir", "<b>", "<script", "http:", "https:", " src=");
    assertThat(report("again.html", "slow", "fast & <b>").code()).isZero();
    assertThat(page("again.html")).isEqualTo(page.replace("./../", "./"));
  }

  @Test
  void judgesAreComparedWithTheFirstOnTheSamePairs() throws IOException {
    Ended ended = report("judges.html", "judged", "genrm", "bench", "other/judged");
    assertThat(ended.code()).as(ended.err()).isZero();
    String parent = dir.getFileName().toString();
    JsonNode genrm = results("genrm");
    String accuracy =
        "%s (%s to %s)"
            .formatted(
                percent(genrm.get("accuracy")),
                percent(genrm.at("/ci95/0")),
                percent(genrm.at("/ci95/1")));
    assertThat(cells(ended, "genrm").subList(1, 9))
        .containsExactly(
            "12",
            accuracy,
            percent(genrm.at("/maj/1")),
            percent(genrm.get("soft_accuracy")),
            percent(genrm.get("abstain_rate")),
            percent(genrm.get("a_rate")),
            percent(genrm.get("position_bias")),
            percent(genrm.get("order_disagreement")));
    JsonNode compared =
        Json.parse(
            gavel("", "judge", "--compare", dir + "/other/judged", dir + "/judged").out(), "json");
    String table = ended.out().substring(ended.out().indexOf("Better or worse than"));
    assertThat(table).startsWith("Better or worse than " + parent + "/judged on the same pairs\n");
    assertThat(cells(new Ended(0, table, ""), "other/judged"))
        .containsExactly(
            "other/judged",
            "12",
            percent(compared.get("accuracy_b")),
            percent(compared.get("accuracy_a")),
            "%s (%s to %s)"
                .formatted(
                    Figures.points(compared.get("difference").asDouble()),
                    Figures.points(compared.at("/ci95/0").asDouble()),
                    Figures.points(compared.at("/ci95/1").asDouble())),
            percent(compared.get("agreement")),
            compared.get("kappa").isNull() ? "–" : figure(compared.get("kappa")));
    assertThat(table).contains("genrm").doesNotContain("than bench");
    assertThat(cells(ended, "even").get(2))
        .isEqualTo(percent(genrm.at("/subsets/even/accuracy")) + " (6 pairs)");
    assertThat(page("judges.html"))
        .contains("Accuracy of the majority of k votes", "Is it right as often as its P says?")
        .contains("votes: 2\ngenrm: " + Figures.number(100 * genrm.at("/maj/2").asDouble()))
        .contains("<td class=\"t\">eval rewardbench, bt</td>");
  }

  @Test
  void rewardBenchAndItsSuccessor() throws IOException {
    Ended ended = report("bench.html", "bench", "bench2");
    JsonNode bench = results("bench").get("rewardbench");
    String table = ended.out().substring(ended.out().indexOf("RewardBench, %"));
    List<String> cells = cells(new Ended(0, table, ""), "bench");
    assertThat(cells.get(1)).startsWith(percent(bench.at("/sections/Chat")) + " (");
    assertThat(cells.get(5))
        .startsWith(percent(bench.get("mean_of_sections")) + " (")
        .contains(percent(bench.at("/ci95/mean_of_sections/0")) + " to ");
    assertThat(cells.get(6)).isEqualTo(percent(bench.get("prompt_weighted_mean")));
    assertThat(cells(ended, "Math"))
        .containsExactly("Math", percent(results("bench2").at("/subsets/Math")));
    assertThat(cells(ended, "mean"))
        .containsExactly("mean", percent(results("bench2").get("mean")));
  }

  @Test
  void whatIsNotDoneIsShownAsSuch() throws IOException {
    Path half = InProcess.copy(dir.resolve("judged"), dir.resolve("half"));
    Files.delete(half.resolve("results.json"));
    Path cut = Files.createDirectories(dir.resolve("cut"));
    for (String file : List.of("train_config.json", "run.json", "timings.jsonl")) {
      Files.copy(dir.resolve("slow").resolve(file), cut.resolve(file));
    }
    List<String> rows = Files.readAllLines(dir.resolve("slow/metrics.jsonl"));
    String first = rows.getFirst() + "\n" + rows.get(1).substring(0, 20);
    Files.writeString(cut.resolve("metrics.jsonl"), first);
    Ended ended = report("half.html", "half", "cut", "slow");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.err())
        .contains("note: " + half + ": not finished: 12 votes")
        .contains("note: " + cut + ": not finished: step 1")
        .doesNotContain("slow");
    assertThat(cells(ended, "loss")).hasSize(3).contains(figure(last("slow").get("loss")));
    assertThat(page("half.html"))
        .contains("<td class=\"t\">not finished: 12 votes</td>")
        .doesNotContain("href=\"./cut/report.html\"");
  }

  @Test
  void whatIsNoRunIsNamed() throws IOException {
    Files.createDirectories(dir.resolve("empty"));
    Ended ended = report("no.html", "missing", "slow", "empty", "pairs.jsonl");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines())
        .containsExactly(
            "gavel report: " + dir.resolve("missing") + ": no such folder",
            dir.resolve("empty")
                + ": no folder of a run; expected train_config.json (training) or a settings.json of judge, eval, star or demo",
            dir.resolve("pairs.jsonl") + ": a file, expected the folder of a run");
    assertThat(dir.resolve("no.html")).doesNotExist();
    assertThat(report("no.html", "slow", "other/../slow").err()).contains("is named twice");
    Ended own = report("slow/report.html", "slow");
    assertThat(own.code()).isEqualTo(1);
    assertThat(own.err()).contains("is the run's own report; choose another --output_file");
    Ended none = gavel("", "report", "--output_file", "x.html");
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).contains("RUN is required: a folder that a run wrote");
  }
}
