package dev.gavel.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.TensorInfo;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Trajectories of 20 steps against PyTorch's in float64 and TRL's (tolerances: golden/README).
class SftGoldenTest {
  @TempDir Path dir;

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (String name : List.of("sft/sft.json", "trl/sft_plain.json", "trl/sft_accumulated.json")) {
      for (Path root : Golden.roots(name)) {
        for (String dtype : List.of("float64", "float32")) {
          for (int micro : new int[] {1, 2}) {
            cases.add(Arguments.of(name, root, dtype, micro));
          }
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0} {2} micro-batches={3} {1}")
  @MethodSource("cases")
  void trajectory(String name, Path root, String dtype, int micro) throws IOException {
    JsonNode golden = Json.read(root.resolve(name));
    Path out = train(root, golden, dtype, micro);
    boolean exact = dtype.equals("float64");
    double tolerance = exact ? 1e-7 : name.startsWith("sft") ? 2e-4 : 5e-4;
    JsonNode log = golden.get(name.startsWith("sft") ? "log" : "exact_f64");
    // entropy and accuracy of a step are means over its tokens; there they are means of
    // micro-batches
    boolean sameMeans = !name.contains("accumulated");
    List<JsonNode> rows = Runs.metrics(out);
    assertThat(rows).hasSize(log.size());
    for (int i = 0; i < rows.size(); i++) {
      for (String key : List.of("loss", "grad_norm", "learning_rate")) {
        close(rows.get(i), log.get(i), key, tolerance);
      }
      if (sameMeans) {
        close(rows.get(i), log.get(i), "entropy", tolerance);
        close(rows.get(i), log.get(i), "mean_token_accuracy", exact ? 1e-12 : 0.02);
      }
      assertThat(rows.get(i).get("step").asInt()).isEqualTo(i + 1);
      assertThat(rows.get(i).get("epoch").asDouble()).isEqualTo((i + 1) / 4.0);
    }
    if (golden.has("trl_f32")) {
      for (int i = 0; i < rows.size(); i++) {
        assertThat(rows.get(i).get("num_tokens").asDouble())
            .isEqualTo(golden.get("trl_f32").get(i).get("num_tokens").asDouble());
      }
    }
    if (name.startsWith("sft")) {
      finalParameters(out, root, golden, exact);
    }
  }

  private Path train(Path root, JsonNode golden, String dtype, int micro) throws IOException {
    JsonNode how = golden.has("optimizer") ? golden.get("optimizer") : golden.get("config");
    Path out = dir.resolve("out");
    Runs.run(
        "model_name_or_path",
        root.resolve("ckpt_a"),
        "dataset",
        Runs.rows(Json.read(root.resolve("sft/sft.json")).get("rows"), dir.resolve("rows.jsonl")),
        "output_dir",
        out,
        "dtype",
        dtype,
        "threads",
        2,
        "per_device_train_batch_size",
        4 / micro,
        "gradient_accumulation_steps",
        micro,
        "max_steps",
        how.get("steps").asInt(),
        "learning_rate",
        how.get("learning_rate").asString(),
        "lr_scheduler_type",
        "cosine",
        "warmup_steps",
        how.get("warmup_steps").asInt(),
        "weight_decay",
        how.get("weight_decay").asString(),
        "adam_beta2",
        how.get("adam_beta2").asString(),
        "train_sampling_strategy",
        "sequential",
        "save_strategy",
        "no",
        "logging_steps",
        1);
    return out;
  }

  private static void close(JsonNode found, JsonNode wanted, String key, double tolerance) {
    double x = found.get(key).asDouble();
    double y = wanted.get(key).asDouble();
    assertThat(Math.abs(x - y) / (1 + Math.abs(y)))
        .as("step %s, %s: %s, expected %s", wanted.get("step"), key, x, y)
        .isLessThanOrEqualTo(tolerance);
  }

  private static void finalParameters(Path out, Path root, JsonNode golden, boolean exact)
      throws IOException {
    try (SafetensorsFile found = SafetensorsFile.open(out.resolve("model.safetensors"));
        SafetensorsFile f32 =
            SafetensorsFile.open(root.resolve("sft/final_parameters_f32.safetensors"))) {
      for (TensorInfo t : f32.tensors()) {
        double[] x = FinalParameters.doubles(found, t.name());
        double[] y = FinalParameters.doubles(f32, t.name());
        for (int i = 0; i < y.length; i++) {
          assertThat(Math.abs(x[i] - y[i]) / (1 + Math.abs(y[i])))
              .as("%s[%d]: %s, expected %s", t.name(), i, x[i], y[i])
              .isLessThanOrEqualTo(exact ? 1e-7 : 2e-4);
        }
        double sum = 0;
        for (double v : x) {
          sum += v;
        }
        double wanted = golden.get("final").get(t.name()).get("sum").asDouble();
        assertThat(Math.abs(sum - wanted) / (1 + Math.abs(wanted)))
            .as("sum of %s", t.name())
            .isLessThanOrEqualTo(exact ? 1e-7 : 2e-3);
      }
    }
  }
}
