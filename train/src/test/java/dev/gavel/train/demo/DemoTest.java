package dev.gavel.train.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.io.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The whole pipeline, with a model that has no time to learn.
class DemoTest {
  private static final DemoPlan TINY = new DemoPlan(List.of(120, 50), 4, 3, 2, 8, true);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  static Path folder;

  private static final ByteArrayOutputStream LOG = new ByteArrayOutputStream();

  @SuppressWarnings("NullAway.Init")
  private static Path through;

  @SuppressWarnings("NullAway.Init")
  private static String table;

  private static Demo demo(Path to, long seed, BooleanSupplier interrupted) {
    DemoOptions options = new DemoOptions(true, seed, 1, to, "cpu", Optional.of(1));
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
    assertThat(table)
        .startsWith("LLM-as-a-judge, zero-shot; per cent, with 95 % intervals\n\nsection")
        .contains("\ntoo short to learn: figures mean nothing\nright mark: 0.");
    assertThat(table.lines().filter(l -> l.matches(".* \\d+ .*")).map(l -> l.substring(0, 10)))
        .containsSequence(
            "in-domain ", "OOD mean  ", "Chat      ", "Chat Hard ", "Safety    ", "Reasoning ");
  }

  @Test
  void theFolder() throws Exception {
    JsonNode results = Json.read(through.resolve("results.json")).get("LLM-as-a-judge");
    assertThat(results.propertyNames())
        .containsExactly("in-domain", "OOD mean", "Chat", "Chat Hard", "Safety", "Reasoning");
    for (JsonNode section : results) {
      assertThat(section.propertyNames())
          .containsExactly("n", "maj", "accuracy", "ci95", "abstain_rate");
    }
    assertThat(results.at("/OOD mean/n").asInt()).isEqualTo(12);
    assertThat(text(through.resolve("report.html")))
        .contains("The paper in miniature", "mean nothing", "Comparisons that are right");
    assertThat(through.resolve("base/model.safetensors")).exists();
    assertThat(text(through.resolve("judged-in-domain/votes.jsonl")).lines()).hasSize(8);
    assertThat(text(through.resolve("judged-out-of-domain/votes.jsonl")).lines()).hasSize(24);
  }

  /// Stopped in training, then in voting, then finished: the bytes of one that ran through.
  @Test
  void goesOnWhereItWasStopped() throws Exception {
    Path stopped = folder.resolve("stopped");
    assertThat(demo(stopped, 1, () -> true).run()).isEmpty();
    assertThat(stopped.resolve("base/checkpoint-1")).exists();
    AtomicInteger looks = new AtomicInteger();
    assertThat(demo(stopped, 1, () -> looks.incrementAndGet() > 12).run()).isEmpty();
    assertThat(stopped.resolve("results.json")).doesNotExist();
    assertThat(demo(stopped, 1, () -> false).run()).contains(table);

    for (String file : List.of("results.json", "judged-out-of-domain/votes.jsonl")) {
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
