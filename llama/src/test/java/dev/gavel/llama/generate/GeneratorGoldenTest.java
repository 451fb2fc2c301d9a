package dev.gavel.llama.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.llama.GoldenFolders;
import dev.gavel.llama.Llama;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Greedy ids, stop ids and sampling distributions against transformers.
class GeneratorGoldenTest {
  static Stream<Arguments> roots() {
    return Golden.roots("generate/greedy.jsonl").stream()
        .flatMap(r -> Stream.of(Arguments.of(r, DType.F32), Arguments.of(r, DType.F64)));
  }

  @ParameterizedTest
  @MethodSource("roots")
  void greedyIdsAndTheirLogProbs(Path root, DType type) throws IOException {
    List<JsonNode> rows = lines(root.resolve("generate/greedy.jsonl"));
    try (Device device = Devices.open("cpu", type, 2)) {
      for (String name : List.of("a", "b")) {
        List<JsonNode> mine =
            rows.stream().filter(r -> r.get("checkpoint").asString().equals(name)).toList();
        // In double with few tokens: the reference loops are slow.
        int tokens = type == DType.F64 ? 8 : 64;
        List<Request> requests = new ArrayList<>();
        for (JsonNode row : mine) {
          requests.add(request(requests.size(), ints(row.get("prompt")), Set.of(), tokens));
        }
        List<Sample> samples = run(root.resolve("ckpt_" + name), device, requests);
        for (int i = 0; i < samples.size(); i++) {
          compare(samples.get(i), mine.get(i), type);
        }
      }
    }
  }

  /// Ids up to the first step whose two best logits are closer than 1e-3.
  private static void compare(Sample sample, JsonNode row, DType type) {
    int[] want = ints(row.get("continuation"));
    for (int t = 0; t < sample.ids().length; t++) {
      if (row.get("top2_gap_f64").get(t).asDouble() < 1e-3) {
        return;
      }
      assertThat(sample.ids()[t]).as("step %d of %s", t, row.get("prompt")).isEqualTo(want[t]);
      double logp = row.get("logp_f64").get(t).asDouble();
      assertThat(Math.abs(sample.logprobs()[t] - logp) / (1 + Math.abs(logp)))
          .isLessThanOrEqualTo(type == DType.F64 ? 1e-9 : 1e-4);
    }
  }

  @ParameterizedTest
  @MethodSource("roots")
  void stopIds(Path root, DType type) throws IOException {
    List<JsonNode> rows = lines(root.resolve("generate/greedy.jsonl"));
    JsonNode cases = Json.read(root.resolve("generate/stop.json"));
    try (Device device = Devices.open("cpu", type, 2)) {
      for (JsonNode c : cases) {
        JsonNode row = rows.get(c.get("row").asInt());
        int[] want = ints(c.get("expected"));
        if (type == DType.F64 && want.length > 8) {
          continue;
        }
        Request request = request(0, ints(row.get("prompt")), Set.of(c.get("eos").asInt()), 64);
        Path folder = root.resolve("ckpt_" + row.get("checkpoint").asString());
        Sample sample = run(folder, device, List.of(request)).get(0);
        assertThat(sample.ids()).isEqualTo(want);
        assertThat(sample.finishReason())
            .isEqualTo(want.length < 64 ? FinishReason.STOP : sample.finishReason());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("roots")
  void samplingDistributions(Path root, DType type) throws IOException {
    try (Device device = Devices.open("cpu", type, 1)) {
      int compared = 0;
      for (JsonNode row : lines(root.resolve("generate/sampling.jsonl"))) {
        boolean ties = row.get("has_ties").asBoolean() && row.has("top_p");
        if (!ties && (type == DType.F64 || row.get("closest_cut").asDouble() >= 1e-5)) {
          compareDistribution(device, row, type);
          compared++;
        }
      }
      assertThat(compared).isPositive();
    }
  }

  private static void compareDistribution(Device device, JsonNode row, DType type) {
    double temperature = row.path("temperature").asDouble(1);
    Sampling sampling =
        new Sampling(
            temperature,
            row.path("top_k").asInt(0),
            row.path("top_p").asDouble(1),
            row.path("min_p").asDouble(0));
    try (Scope _ = Scope.open()) {
      double[] logits = doubles(row.get("logits"));
      Tensor x = device.of(type, logits, Shape.of(1, logits.length));
      Tensor y = device.empty(type, x.shape());
      device.backend().softmax(x, temperature, y);
      double[] p = y.toDoubles();
      double sum = new Sampler().cut(p, sampling);
      double[] want = doubles(row.get("probs"));
      double allowed = type == DType.F64 ? 1e-9 : temperature < 0.1 ? 1e-3 : 1e-5;
      for (int i = 0; i < p.length; i++) {
        assertThat(Math.abs(p[i] / sum - want[i]))
            .as("%s id %d", sampling, i)
            .isLessThanOrEqualTo(allowed);
      }
    }
  }

  private static Request request(int id, int[] prompt, Set<Integer> stops, int tokens) {
    return new Request("r" + id, prompt, 1, Sampling.GREEDY, stops, List.of(), tokens, 42);
  }

  private static List<Sample> run(Path folder, Device device, List<Request> requests)
      throws IOException {
    Sample[] samples = new Sample[requests.size()];
    try (Llama model = GoldenFolders.load(folder, device, false)) {
      Listener listener =
          new Listener() {
            @Override
            public void finished(Request request, List<Sample> all) {
              samples[requests.indexOf(request)] = all.get(0);
            }

            @Override
            public void failed(Request request, String reason) {
              throw new AssertionError(request.id() + ": " + reason);
            }
          };
      try (Generator generator =
          new Generator(model, Tokenizer.load(folder), new Generator.Limits(4, 64), listener)) {
        requests.forEach(generator::submit);
        generator.run();
      }
    }
    return Arrays.asList(samples);
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(Json.parse(line, file.toString()));
    }
    return rows;
  }

  private static int[] ints(JsonNode node) {
    int[] values = new int[node.size()];
    Arrays.setAll(values, i -> node.get(i).asInt());
    return values;
  }

  private static double[] doubles(JsonNode node) {
    double[] values = new double[node.size()];
    Arrays.setAll(
        values, i -> node.get(i).isNull() ? Double.NEGATIVE_INFINITY : node.get(i).asDouble());
    return values;
  }
}
