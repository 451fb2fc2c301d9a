package dev.gavel.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.model.PairShape;
import dev.gavel.tensor.io.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class WorkerTest {
  private static List<JsonNode> ask(String... lines) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Worker worker = new Worker()) {
      worker.serve(
          new StringReader(String.join("\n", lines)),
          new PrintStream(out, true, StandardCharsets.UTF_8));
    }
    List<JsonNode> answers = new java.util.ArrayList<>();
    for (String line : out.toString(StandardCharsets.UTF_8).split("\n")) {
      answers.add(Json.parse(line, "answer"));
    }
    return answers;
  }

  @Test
  void productsAreTheSameInEveryLayout() throws IOException {
    for (String layout : List.of("NN", "NT", "TN")) {
      JsonNode answer =
          ask("{\"work\":\"gemm\",\"m\":17,\"n\":33,\"k\":29,\"layout\":\"%s\",\"seconds\":0}"
                  .formatted(layout))
              .getFirst();
      assertThat(answer.path("steps").asInt()).isEqualTo(3);
      assertThat(answer.path("gflop_per_s").asDouble())
          .isGreaterThanOrEqualTo(answer.path("gflop_per_s_median").asDouble())
          .isPositive();
      // f32 products of sums of 29 terms, squared and summed: 1e-5 is far above their rounding
      assertThat(answer.path("check").asDouble())
          .isCloseTo(
              check(layout, 17, 33, 29), org.assertj.core.data.Percentage.withPercentage(1e-3));
    }
  }

  /// The sum of squares of the product of the peers' numbers (`filled` of openblas_peer.c).
  private static double check(String layout, int m, int n, int k) {
    double[] a = filled(m * k, 1);
    double[] b = filled(n * k, 2);
    double squares = 0;
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int l = 0; l < k; l++) {
          double x = layout.charAt(0) == 'T' ? a[l * m + i] : a[i * k + l];
          sum += x * (layout.charAt(1) == 'T' ? b[j * k + l] : b[l * n + j]);
        }
        squares += sum * sum;
      }
    }
    return squares;
  }

  private static double[] filled(int count, long seed) {
    double[] values = new double[count];
    long x = seed;
    for (int i = 0; i < count; i++) {
      x = (x * 1664525L + 1013904223L) & 0xFFFFFFFFL;
      values[i] = (x >> 8) / 16777216.0 - 0.5;
    }
    return values;
  }

  @Test
  void decodingShowsItsGreedyTokensAndCountsThemAll() throws IOException {
    Path model = Path.of(System.getProperty("gavel.golden.small")).resolve("ckpt_a");
    List<JsonNode> answers =
        ask(
            "{\"work\":\"decode_1b\",\"model\":\"%s\",\"seconds\":0,\"least\":2}".formatted(model),
            "{\"work\":\"decode_1b\",\"model\":\"%s\",\"seconds\":0,\"least\":2}".formatted(model),
            "{\"work\":\"decode_1b_32\",\"model\":\"%s\",\"prompt\":70,\"seconds\":0,\"least\":200}"
                .formatted(model));
    assertThat(answers.get(0).path("ids").size()).isEqualTo(16);
    assertThat(answers.get(1).path("ids")).isEqualTo(answers.get(0).path("ids"));
    // more steps than a sample has tokens: the samples begin anew
    assertThat(answers.get(2).path("steps").asInt()).isEqualTo(200);
    assertThat(answers.get(2).path("vm_hwm").asLong()).isPositive();
  }

  @Test
  void preferencesShowTheFiguresOfEachStep() throws IOException {
    ModelShape model = new ModelShape("tiny", 64, 1, 2, 1, 32, 96, 320, 1e4, true, 1, 1);
    PairShape equal = new PairShape(model, 2, 20, 24, false);
    JsonNode ask =
        Json.parse("{\"work\":\"dpo\",\"ragged\":true,\"seconds\":0,\"least\":2}", "request");
    ObjectNode first = Json.mapper().createObjectNode();
    ObjectNode second = Json.mapper().createObjectNode();
    try (Held held = new Held()) {
      DpoWork work = new DpoWork(held, equal);
      work.run(new Ask(ask), first);
      work.run(new Ask(ask), second);
    }
    assertThat(first.path("loss").size()).isEqualTo(3); // one is not timed
    assertThat(first.path("loss").get(0).asDouble()).isCloseTo(Math.log(2), within(1e-6)); // f32
    assertThat(first.path("rewards/chosen").get(0).asDouble()).isZero();
    assertThat(second.path("rewards/rejected").size()).isEqualTo(2);
    assertThat(second.path("rewards/rejected").get(0).asDouble()).isNotZero();
    assertThat(second.path("tokens_per_s").asDouble()).isPositive();
  }

  @Test
  void aBadRequestIsAnsweredAndTheWorkerGoesOn() throws IOException {
    List<JsonNode> answers =
        ask(
            "{\"work\":\"dance\"}",
            "junk",
            "{\"work\":\"gemm\",\"layout\":\"TT\"}",
            "",
            "{\"work\":\"hello\"}",
            "{\"work\":\"quit\"}",
            "{\"work\":\"hello\"}");
    assertThat(answers).hasSize(4);
    assertThat(answers.get(0).path("error").asString())
        .contains("unknown work 'dance'", "sft_7m", "dpo_7m");
    assertThat(answers.get(1).path("error").asString()).contains("not valid JSON");
    assertThat(answers.get(2).path("error").asString()).contains("layout is TT");
    assertThat(answers.get(3).path("backend").asString()).startsWith("vector-");
  }
}
