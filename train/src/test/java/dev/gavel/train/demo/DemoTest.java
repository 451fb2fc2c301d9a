package dev.gavel.train.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.compare.CompareOptions;
import dev.gavel.train.compare.Comparison;
import dev.gavel.train.demo.DemoOptions.Bootstraps;
import dev.gavel.train.report.Figures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The whole pipeline, with a model that has no time to learn more than the form of a verdict.
class DemoTest {
  private static final DemoPlan TINY =
      new DemoPlan(List.of(192, 960), 12, 1, 4, 3, 3, 2, 64, 8, true);

  private static final List<String> METHODS =
      List.of(
          "LLM-as-a-judge",
          "GenRM (base)",
          "Bradley-Terry",
          "PairRM",
          "GenRM",
          "STaR-DPO 3",
          "STaR-SFT 3",
          "STaR-Rationalizer 3");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  static Path folder;

  private static final ByteArrayOutputStream LOG = new ByteArrayOutputStream();

  @SuppressWarnings("NullAway.Init")
  private static Path through;

  @SuppressWarnings("NullAway.Init")
  private static String table;

  private static Demo demo(Path to, long seed, BooleanSupplier interrupted) {
    DemoOptions options =
        new DemoOptions(true, seed, 1, List.of(Bootstraps.FOREIGN), to, "cpu", Optional.of(1));
    return new Demo(options, TINY, new PrintStream(LOG, true, StandardCharsets.UTF_8), interrupted);
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file);
  }

  @BeforeAll
  static void runThrough() throws IOException {
    through = folder.resolve("through");
    table = demo(through, 1, () -> false).run().orElseThrow();
  }

  @Test
  void demosAreCompared() throws IOException {
    Path page = folder.resolve("comparison.html");
    String lines = Comparison.of(new CompareOptions(List.of(through), page, 42)).write();
    JsonNode results = Json.read(through.resolve("results.json"));
    for (String method : results.propertyNames()) {
      JsonNode accuracy = results.get(method).get("OOD mean").get("accuracy");
      String share = accuracy.isNull() ? "–" : Figures.percent(accuracy.asDouble());
      assertThat(lines.substring(lines.indexOf("OOD mean")).lines())
          .as(method)
          .anyMatch(line -> line.startsWith(method + "  ") && line.contains(" " + share));
    }
    assertThat(page).content().contains("<td class=\"t\">demo</td><td class=\"t\">finished</td>");
  }

  @Test
  void theTable() {
    List<String> lines = table.lines().toList();
    assertThat(lines.getFirst())
        .isEqualTo(
            "per cent right; of judges that vote: the majority of 3 votes, and Maj@1, one vote");
    assertThat(lines.get(2))
        .isEqualTo(
            "method               in-domain  OOD mean   Chat  Chat Hard  Safety  Reasoning  Maj@1  OOD Maj@1");
    assertThat(lines.subList(3, 11)).extracting(l -> l.substring(0, 20).strip()).isEqualTo(METHODS);
    assertThat(lines.subList(3, 11)).allMatch(l -> l.length() == lines.get(2).length());
    assertThat(table)
        .contains("\ntoo short to learn: figures mean nothing\nright mark: 0.")
        .contains("\nvotes without a verdict, in and out of domain: LLM-as-a-judge ");
    assertThat(lines.stream().filter(l -> l.startsWith("not decidable: "))).hasSize(18);
    assertThat(lines.stream().filter(l -> l.matches("(not )?shown: .*"))).isEmpty();
  }

  @Test
  void theFolder() throws Exception {
    JsonNode results = Json.read(through.resolve("results.json"));
    assertThat(results.propertyNames())
        .containsAll(METHODS)
        .contains("STaR-DPO 1", "source: foreign", "STaR-SFT from foreign 3")
        .hasSize(18);
    for (JsonNode method : results) {
      assertThat(method.propertyNames())
          .containsExactly("in-domain", "OOD mean", "Chat", "Chat Hard", "Safety", "Reasoning");
      for (JsonNode section : method) {
        assertThat(section.propertyNames())
            .containsExactly("n", "maj", "accuracy", "ci95", "abstain_rate");
      }
      assertThat(method.at("/OOD mean/n").asInt()).isEqualTo(12);
    }
    assertThat(results.at("/Bradley-Terry/Chat/accuracy").isNumber()).isTrue();
    assertThat(text(through.resolve("report.html")))
        .contains("The paper in miniature", "mean nothing", "Comparisons that are right")
        .contains("manners alone", "not decidable", "gavel pairrm --model_name_or_path")
        .contains("gavel star --model_name_or_path", "Fig. 5", "Table 1", "67.75");
    for (String model : List.of("base", "bradley-terry", "pairrm", "genrm")) {
      assertThat(through.resolve(model + "/model.safetensors")).exists();
    }
  }

  /// Every number of the page leads to a place of the page.
  @Test
  void everyLinkLeadsSomewhere() throws IOException {
    String page = text(through.resolve("report.html"));
    Matcher links = Pattern.compile("href=\"#([^\"]*)\"").matcher(page);
    Set<String> wanted = new TreeSet<>();
    while (links.find()) {
      wanted.add(links.group(1));
    }
    assertThat(wanted).contains("said-star-dpo-3-0", "said-genrm-5").hasSizeGreaterThan(60);
    for (String id : wanted) {
      assertThat(page).containsOnlyOnce("id=\"" + id + "\"");
    }
  }

  /// One line for each draw; PairRM is asked in both orders.
  @Test
  void everyMethodJudgesEveryPair() throws IOException {
    Map<String, Integer> draws = new HashMap<>(Map.of("llm-as-a-judge", 3, "source-foreign", 2));
    draws.putAll(Map.of("genrm-base", 1, "bradley-terry", 1, "pairrm", 2, "genrm", 1));
    for (String loop : List.of("star-dpo", "star-sft", "star-rationalizer")) {
      draws.putAll(Map.of(loop + "-1", 2, loop + "-2", 2, loop + "-3", 3));
    }
    for (var method : draws.entrySet()) {
      Path judged = through.resolve("judged").resolve(method.getKey());
      assertThat(text(judged.resolve("in-domain/votes.jsonl")).lines())
          .hasSize(4 * method.getValue());
      assertThat(text(judged.resolve("out-of-domain/votes.jsonl")).lines())
          .hasSize(12 * method.getValue());
    }
  }

  /// The first round learns from the source, the others from themselves.
  @Test
  void bootstrapping() throws IOException {
    Path chains = through.resolve("judged/rationales-foreign/votes.jsonl");
    assertThat(text(chains).lines()).hasSize(World.SPLITS * 12);
    Path loop = through.resolve("star-sft-from-foreign");
    assertThat(loop.resolve("iteration-1/draws.jsonl")).doesNotExist();
    assertThat(loop.resolve("iteration-2/draws.jsonl")).exists();
  }

  @Test
  void stopsBetweenSteps() throws IOException {
    Path stopped = folder.resolve("stopped");
    assertThat(demo(stopped, 1, () -> true).run()).isEmpty();
    assertThat(stopped.resolve("base/checkpoint-1")).exists();
    AtomicInteger looks = new AtomicInteger();
    assertThat(demo(stopped, 1, () -> looks.incrementAndGet() > 4).run()).isEmpty();
    assertThat(stopped.resolve("base/checkpoint-1")).doesNotExist();
  }

  /// Without a training, a loop and some judgings, and stopped again and again on the way to them:
  /// the bytes of one that ran through.
  @Test
  void goesOnWhereItWasStopped() throws Exception {
    String page = text(through.resolve("report.html"));
    List<String> gone = new ArrayList<>(List.of("pairrm", "star-dpo", "results.json"));
    gone.addAll(List.of("judged/pairrm", "judged/star-dpo-2", "judged/star-dpo-3"));
    Path kept = Files.createDirectories(folder.resolve("kept/judged")).getParent();
    for (String part : gone) {
      Files.move(through.resolve(part), kept.resolve(part));
    }
    for (String reached :
        List.of(
            "pairrm",
            "star-dpo/iteration-2/draws.jsonl",
            "star-dpo/iteration-2/rows.jsonl",
            "judged/star-dpo-3/out-of-domain/votes.jsonl")) {
      Path file = through.resolve(reached);
      assertThat(file).doesNotExist();
      assertThat(demo(through, 1, () -> Files.exists(file)).run()).as(reached).isEmpty();
      assertThat(file).exists();
    }
    assertThat(through.resolve("pairrm/checkpoint-2")).exists();
    assertThat(through.resolve("results.json")).doesNotExist();
    assertThat(demo(through, 1, () -> false).run()).contains(table);

    for (String file :
        List.of(
            "results.json",
            "pairrm/model.safetensors",
            "star-dpo/iteration-3/model.safetensors",
            "star-dpo/iteration-2/draws.jsonl",
            "judged/star-dpo-3/out-of-domain/votes.jsonl")) {
      assertThat(through.resolve(file)).hasSameBinaryContentAs(kept.resolve(file));
    }
    assertThat(through.resolve("report.html")).hasContent(page);
  }

  @Test
  void aCompleteFolderSaysTheSameAgain() throws Exception {
    String page = text(through.resolve("report.html"));
    assertThat(demo(through, 1, () -> true).run()).contains(table);
    assertThat(through.resolve("report.html")).hasContent(page);
  }

  @Test
  void refusesAFolderOfOtherSettings() {
    assertThatThrownBy(() -> demo(through, 4, () -> false).run())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "%s was begun with seed = 1, now it is 4; repeat the first call, or choose another --output_dir"
                .formatted(through));
  }
}
