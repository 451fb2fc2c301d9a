package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.TensorInfo;
import dev.gavel.testing.Golden;
import dev.gavel.train.config.Binder;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Call;
import dev.gavel.train.config.Schema;
import dev.gavel.train.config.UsageException;
import dev.gavel.train.recipe.RunContext;
import dev.gavel.train.recipe.SftConfig;
import dev.gavel.train.recipe.Training;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `sft --device cuda` on the emulated device, on a golden checkpoint (heads of 24).
class CudaTrainTest extends EmulatorTest {
  private static final Path MODEL = Golden.find("ckpt_a/config.json").getFirst().getParent();
  private static final int STEPS = 5;

  @TempDir private Path dir;
  private Path rows;

  @BeforeEach
  void writeRows() throws IOException {
    rows = dir.resolve("rows.jsonl");
    StringBuilder lines = new StringBuilder();
    for (JsonNode row : Json.read(Golden.find("sft/sft.json").getFirst()).get("rows")) {
      ObjectNode json = Json.mapper().createObjectNode();
      var ids = json.putArray("input_ids");
      var labels = json.putArray("labels");
      for (String part : List.of("prompt_ids", "completion_ids")) {
        for (JsonNode id : row.get(part)) {
          ids.add(id.asInt());
          labels.add(part.startsWith("prompt") ? -100 : id.asInt());
        }
      }
      lines.append(Json.write(json)).append('\n');
    }
    Files.writeString(rows, lines);
  }

  private Path train(String name, BooleanSupplier stop, String... more) throws IOException {
    List<String> flags =
        new ArrayList<>(
            List.of(
                "model_name_or_path",
                MODEL.toString(),
                "dataset",
                rows.toString(),
                "output_dir",
                dir.resolve(name).toString(),
                "per_device_train_batch_size",
                "2",
                "gradient_accumulation_steps",
                "2",
                "max_steps",
                Integer.toString(STEPS),
                "learning_rate",
                "2e-3",
                "logging_steps",
                "1"));
    flags.addAll(List.of(more));
    try {
      List<Call.Flag> typed = new ArrayList<>();
      for (int i = 0; i < flags.size(); i += 2) {
        typed.add(new Call.Flag(flags.get(i), List.of(flags.get(i + 1))));
      }
      Bound<SftConfig> bound =
          Binder.bind(
              Schema.of(SftConfig.class), new Call(typed, List.of(), Optional.empty()), List.of());
      PrintStream quiet = new PrintStream(OutputStream.nullOutputStream());
      Training.run(bound.options(), bound.json(), new RunContext(quiet, stop));
    } catch (UsageException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return dir.resolve(name);
  }

  private static List<JsonNode> metrics(Path out) throws IOException {
    List<JsonNode> all = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
      all.add(Json.parse(line, "metrics"));
    }
    return all;
  }

  /// f32: figures of each step, and the weights, differ by rounding only.
  @Test
  void stepsAreThoseOfTheVectorBackend() throws IOException {
    Path cpu = train("cpu", () -> false, "device", "cpu", "threads", "2", "dtype", "float32");
    Path cuda = train("cuda", () -> false, "device", "cuda", "dtype", "float32");
    List<JsonNode> wanted = metrics(cpu);
    List<JsonNode> found = metrics(cuda);
    assertThat(found).hasSize(STEPS);
    for (int i = 0; i < STEPS; i++) {
      for (String key : List.of("loss", "grad_norm", "entropy", "learning_rate")) {
        double y = wanted.get(i).get(key).asDouble();
        assertThat(found.get(i).get(key).asDouble())
            .as("step %d, %s", i + 1, key)
            .isCloseTo(y, within(1e-4 * (1 + Math.abs(y))));
      }
    }
    compareWeights(cuda, cpu);
  }

  /// Within what golden/README allows of f32 after training.
  private static void compareWeights(Path found, Path wanted) throws IOException {
    try (SafetensorsFile a = SafetensorsFile.open(found.resolve("model.safetensors"));
        SafetensorsFile b = SafetensorsFile.open(wanted.resolve("model.safetensors"))) {
      for (TensorInfo t : b.tensors()) {
        float[] x = a.bytes(t.name()).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        float[] y = b.bytes(t.name()).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        for (int i = 0; i < y.length; i++) {
          if (!(Math.abs(x[i] - y[i]) <= 2e-4 * (1 + Math.abs(y[i])))) {
            throw new AssertionError(
                "%s[%d] is %s, expected %s".formatted(t.name(), i, x[i], y[i]));
          }
        }
      }
    }
  }

  /// bf16, which is the default there: the checkpoint carries the master weights.
  @Test
  void aRunThatIsStoppedAndResumedLeavesTheSameBytes() throws IOException {
    Path whole = train("whole", () -> false, "device", "cuda");
    int[] asked = {0};
    train("parts", () -> ++asked[0] == 2, "device", "cuda");
    Path parts = train("parts", () -> false, "device", "cuda", "resume_from_checkpoint", "true");
    for (String file : List.of("model.safetensors", "metrics.jsonl")) {
      assertThat(parts.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    String last = "checkpoint-" + STEPS + "/optimizer.safetensors";
    assertThat(parts.resolve(last)).hasSameBinaryContentAs(whole.resolve(last));
    try (ModelFolder folder = ModelFolder.open(parts);
        SafetensorsFile optimizer = SafetensorsFile.open(parts.resolve(last))) {
      assertThat(folder.config().dtype()).isEqualTo(SafetensorsDType.BF16);
      assertThat(optimizer.tensor("master.model.norm.weight").dtype())
          .isEqualTo(SafetensorsDType.F32);
    }
  }
}
