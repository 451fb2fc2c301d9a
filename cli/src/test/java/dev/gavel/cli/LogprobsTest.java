package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// `gavel logprobs` against transformers (tolerances: golden/README).
class LogprobsTest {
  private static final Path MODEL = Golden.find("ckpt_a").getFirst();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static Ended logprobs(Path model, String input, String... flags) {
    List<String> words =
        new ArrayList<>(List.of("logprobs", "--model_name_or_path", model.toString()));
    words.addAll(List.of(flags));
    return gavel(input, words.toArray(String[]::new));
  }

  private static List<JsonNode> results(Ended ended) throws IOException {
    assertThat(ended.code()).as(ended.err()).isZero();
    List<JsonNode> results = new ArrayList<>();
    for (String line : ended.lines()) {
      results.add(Json.parse(line, "result"));
    }
    return results;
  }

  static Stream<Arguments> forwardCases() {
    return Golden.roots("forward/a.json").stream()
        .flatMap(root ->
            Stream.of("a", "b")
                .flatMap(name ->
                    Stream.of(
                        Arguments.of(root, name, "float32"), Arguments.of(root, name, "float64"))));
  }

  @ParameterizedTest
  @MethodSource("forwardCases")
  void logProbsOfGivenTokens(Path root, String name, String dtype) throws IOException {
    JsonNode sequences = Json.read(root.resolve("forward/" + name + ".json")).get("sequences");
    StringBuilder rows = new StringBuilder();
    sequences.forEach(s -> rows.append("{\"ids\":").append(s).append("}\n"));
    List<JsonNode> found =
        results(logprobs(root.resolve("ckpt_" + name), rows.toString(), "--dtype", dtype));
    double allowed = dtype.equals("float64") ? 1e-9 : 1e-4;
    try (SafetensorsFile expected =
        SafetensorsFile.open(root.resolve("forward/" + name + ".safetensors"))) {
      for (int s = 0; s < sequences.size(); s++) {
        JsonNode row = found.get(s);
        assertThat(row.propertyNames()).containsExactly("id", "ids", "logprobs");
        assertThat(row.get("ids")).isEqualTo(sequences.get(s));
        assertThat(row.get("logprobs").get(0).isNull()).isTrue();
        double[] want =
            sequences.get(s).size() == 1
                ? new double[0]
                : expected
                    .bytes("seq" + s + ".target_logps_f64")
                    .toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
        assertThat(row.get("logprobs").size()).isEqualTo(want.length + 1);
        for (int t = 0; t < want.length; t++) {
          double difference = Math.abs(row.get("logprobs").get(t + 1).asDouble() - want[t]);
          assertThat(difference / (1 + Math.abs(want[t]))).isLessThanOrEqualTo(allowed);
        }
      }
    }
  }

  static Stream<Arguments> textCases() {
    return Golden.roots("tokenizer_tiny/end_to_end.jsonl").stream()
        .flatMap(r -> Stream.of(Arguments.of(r, "float32"), Arguments.of(r, "float64")));
  }

  /// Text to ids with BOS to the five best at the end and the log-sum-exp between them and logits.
  @ParameterizedTest
  @MethodSource("textCases")
  void textsFromEndToEnd(Path root, String dtype) throws IOException {
    Path file = root.resolve("tokenizer_tiny/end_to_end.jsonl");
    List<JsonNode> expected = new ArrayList<>();
    StringBuilder rows = new StringBuilder();
    for (String line : Files.readAllLines(file)) {
      JsonNode row = Json.parse(line, file.toString());
      if (dtype.equals("float64") && expected.size() == 8) {
        break; // plain loops
      }
      expected.add(row);
      rows.append("{\"text\":").append(Json.write(row.get("text"))).append("}\n");
    }
    List<JsonNode> found =
        results(
            logprobs(
                root.resolve("ckpt_a"), rows.toString(), "--dtype", dtype, "--top_logprobs=5"));
    double allowed = dtype.equals("float64") ? 1e-9 : 3e-4;
    for (int i = 0; i < expected.size(); i++) {
      JsonNode want = expected.get(i);
      assertThat(found.get(i).get("ids")).isEqualTo(want.get("ids"));
      JsonNode top = found.get(i).get("top");
      assertThat(top.size()).isEqualTo(want.get("ids").size());
      JsonNode last = top.get(top.size() - 1);
      for (int j = 0; j < 5; j++) {
        assertThat(last.get(j).get(0)).isEqualTo(want.get("top5_ids").get(j));
        double logp =
            want.get("top5_logits_f64").get(j).asDouble() - want.get("logsumexp_f64").asDouble();
        assertThat(last.get(j).get(1).asDouble())
            .isCloseTo(logp, org.assertj.core.data.Offset.offset(allowed));
      }
    }
  }

  @Test
  void bytesDependNeitherOnNeighboursNorOnThreads() {
    StringBuilder rows = new StringBuilder();
    for (int i = 1; i < 40; i++) {
      rows.append("{\"text\":\"")
          .append("word %d ".formatted(i).repeat(i % 13 + 1))
          .append("\"}\n");
    }
    Ended together = logprobs(MODEL, rows.toString(), "--top_logprobs=2", "--threads=2");
    assertThat(logprobs(MODEL, rows.toString(), "--top_logprobs=2", "--threads=1").out())
        .isEqualTo(together.out());
    List<String> lines = rows.toString().lines().toList();
    assertThat(logprobs(MODEL, lines.getFirst(), "--top_logprobs=2", "--threads=4").out().strip())
        .isEqualTo(together.lines().getFirst());
    String last = lines.getLast().replace("{", "{\"id\":38,");
    assertThat(logprobs(MODEL, last, "--top_logprobs=2").out().strip())
        .isEqualTo(together.lines().getLast());
  }

  @Test
  void badRowsHaveTheirPlace() throws IOException {
    String rows =
        """
        {"ids":[1,2]}
        {"ids":[1,-1]}
        {"ids":[]}
        {"ids":[1],"text":"a"}
        {"ids":[1.5]}
        {"ids":[%s]}
        {"ids":[%s],"id":"full"}
        """
            .formatted("1,".repeat(512) + "1", "1,".repeat(511) + "1");
    Ended ended = logprobs(MODEL, rows);
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.lines().getFirst()).startsWith("{\"id\":0,\"ids\":[1,2],\"logprobs\":[null,-");
    assertThat(ended.lines().subList(1, 6))
        .containsExactly(
            "{\"error\":\"'ids': element 1 is -1, outside the model's vocabulary of %d tokens\",\"line\":2}"
                .formatted(InProcess.vocabulary(MODEL)),
            "{\"error\":\"the row has no token: at least one is needed\",\"line\":3}",
            "{\"error\":\"expected 'ids' or 'text', found both (keys: ids, text)\",\"line\":4}",
            "{\"error\":\"'ids[0]' is the number 1.5, expected a token id\",\"line\":5}",
            "{\"error\":\"the row has 513 tokens, the model's context holds 512\",\"line\":6}");
    assertThat(ended.lines().get(6)).startsWith("{\"id\":\"full\",\"ids\":[1,");
  }

  @Test
  void idsNeedNoTokenizer() throws IOException {
    Path model = InProcess.copy(MODEL, folder.resolve("m"));
    Files.delete(model.resolve("tokenizer.json"));
    Ended ended = logprobs(model, "{\"ids\":[1,2]}\n{\"text\":\"a\"}\n");
    assertThat(ended.lines().getFirst()).startsWith("{\"id\":0,\"ids\":[1,2]");
    assertThat(ended.lines().get(1)).contains("holds neither tokenizer.json nor");
    Ended generate = gavel("", "generate", "--model_name_or_path", model.toString());
    assertThat(generate.err())
        .isEqualTo(
            "gavel generate: " + model + ": holds neither tokenizer.json nor tokenizer.json.gz\n");
    assertThat(generate.code()).isEqualTo(1);
  }
}
