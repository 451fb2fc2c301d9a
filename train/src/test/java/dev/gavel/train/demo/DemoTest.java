package dev.gavel.train.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.demo.DemoOptions.Bootstraps;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The whole pipeline, with a model that has no time to learn more than the form of a verdict.
class DemoTest {
  private static final DemoPlan TINY = new DemoPlan(List.of(960, 1_600), 12, 1, 4, 3, 3, 2, 64, 8, true);

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

  private static final List<String> LOOPS =
      List.of("star-dpo", "star-sft", "star-rationalizer", "star-sft-from-foreign");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  static Path folder;

  private static final ByteArrayOutputStream LOG = new ByteArrayOutputStream();

  @SuppressWarnings("NullAway.Init")
  private static Path through;

  @SuppressWarnings("NullAway.Init")
  private static String table;

  private static Demo demo(Path to, long seed, BooleanSupplier interrupted) {
    DemoOptions options = new DemoOptions(
            true, seed, 1, List.of(Bootstraps.FOREIGN), to, "cpu", Optional.of(1));
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
        .contains("\nvotes without a verdict: LLM-as-a-judge ");
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
        .contains("manners alone", "not decidable", "gavel pairrm --model_name_or_path");
    for (String model : List.of("base", "bradley-terry", "pairrm", "genrm")) {
      assertThat(through.resolve(model + "/model.safetensors")).exists();
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

  /// Stopped again and again, in trainings, loops and judgings: the bytes of one that ran through.
  @Test
  void goesOnWhereItWasStopped() throws Exception {
    Path stopped = folder.resolve("stopped");
    assertThat(demo(stopped, 1, () -> true).run()).isEmpty();
    assertThat(stopped.resolve("base/checkpoint-1")).exists();
    AtomicInteger looks = new AtomicInteger();
    assertThat(demo(stopped, 1, () -> looks.incrementAndGet() > 12).run()).isEmpty();
    for (String reached :
        List.of(
            "bradley-terry",
            "pairrm",
            "star-dpo/iteration-2/draws.jsonl",
            "star-dpo/iteration-2/rows.jsonl",
            "star-rationalizer/iteration-1/explanations.jsonl",
            "judged/rationales-foreign/votes.jsonl",
            "judged/star-sft-from-foreign-3/out-of-domain/votes.jsonl")) {
      Path file = stopped.resolve(reached);
      assertThat(file).doesNotExist();
      assertThat(demo(stopped, 1, () -> Files.exists(file)).run()).as(reached).isEmpty();
      assertThat(file).exists();
    }
    assertThat(stopped.resolve("results.json")).doesNotExist();
    assertThat(demo(stopped, 1, () -> false).run()).contains(table);

    List<String> files = new ArrayList<>(List.of("results.json"));
    for (String method : List.of("llm-as-a-judge", "genrm", "star-dpo-3", "source-foreign")) {
      files.add("judged/" + method + "/out-of-domain/votes.jsonl");
    }
    for (String model : List.of("base", "bradley-terry", "pairrm", "genrm", "foreign")) {
      files.add(model + "/model.safetensors");
    }
    for (String loop : LOOPS) {
      files.add(loop + "/iteration-3/model.safetensors");
    }
    for (String file : files) {
      assertThat(stopped.resolve(file)).hasSameBinaryContentAs(through.resolve(file));
    }
    assertThat(text(stopped.resolve("report.html")))
        .isEqualTo(
            text(through.resolve("report.html")).replace(through.toString(), stopped.toString()));
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
