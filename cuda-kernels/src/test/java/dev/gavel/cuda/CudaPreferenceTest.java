package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import dev.gavel.train.config.Binder;
import dev.gavel.train.config.Call;
import dev.gavel.train.config.Schema;
import dev.gavel.train.config.UsageException;
import dev.gavel.train.recipe.DpoConfig;
import dev.gavel.train.recipe.FirstStep;
import dev.gavel.train.recipe.GenRmConfig;
import dev.gavel.train.recipe.PairRmConfig;
import dev.gavel.train.recipe.RewardConfig;
import dev.gavel.train.recipe.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/// A step of each method that learns from preferences on the emulated device: figures and gradients
/// against the reference backend in double. f32 is held to its rounding, bf16 to twice the error of
/// plain bf16 arithmetic, as in [dev.gavel.llama.check.ModelCheck].
class CudaPreferenceTest extends EmulatorTest {
  private static final Path MODEL = Golden.find("ckpt_b/config.json").getFirst().getParent();

  /// Two layers, sums of up to 100 terms: ten times what the vector backend shows.
  private static final double SINGLE = 2e-5;

  /// Half a unit in the last place of bf16, for what plain arithmetic happens to hit.
  private static final double HALF_BF16 = 1.0 / 512;

  @TempDir private Path dir;

  @BeforeEach
  void writePairs() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String line : Files.readAllLines(Golden.find("trl/dpo_data.jsonl").getFirst())) {
      ObjectNode row = (ObjectNode) Json.parse(line, "row");
      row.remove(List.of("prompt_ids", "chosen_ids", "rejected_ids"));
      lines.append(Json.write(row)).append('\n');
    }
    Files.writeString(dir.resolve("pairs.jsonl"), lines);
    Files.writeString(dir.resolve("prompt.json"), "{\"user\":\"{chat} {answer_a} or {answer_b}\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "reward, F32",
    "reward, BF16",
    "pairrm, F32",
    "pairrm, BF16",
    "genrm, F32",
    "genrm, BF16",
    "dpo, F32",
    "dpo, BF16",
    "dpo-lora, F32",
    "dpo-lora, BF16"
  })
  void aStepIsThatOfTheReference(String method, DType type) throws IOException {
    TrainConfig config = config(method);
    Map<String, double[]> expected = reference(config, DType.F64);
    Map<String, double[]> plain = type == DType.BF16 ? reference(config, DType.BF16) : expected;
    Map<String, double[]> found;
    try (Device device = Emulated.device(type)) {
      found = FirstStep.on(device, config);
    }
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    for (String name : expected.keySet()) {
      double[] y = expected.get(name);
      double allowed =
          type == DType.BF16 ? 2 * error(plain.get(name), y, type) + HALF_BF16 : SINGLE;
      assertThat(error(found.get(name), y, type)).as(name).isLessThanOrEqualTo(allowed);
    }
  }

  private static Map<String, double[]> reference(TrainConfig config, DType type)
      throws IOException {
    try (Device device = Device.over(Devices.byName("reference").open(1, 0), type)) {
      return FirstStep.on(device, config);
    }
  }

  /// The largest difference, relative to the largest number that is expected; of differences of two
  /// log-probabilities, which nearly cancel, relative to 1 nat.
  private static double error(double[] found, double[] expected, DType type) {
    double scale = expected.length == 1 ? 1 : 1e-30;
    double largest = found.length == expected.length ? 0 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < expected.length && i < found.length; i++) {
      scale = Math.max(scale, Math.abs(expected[i]));
      double d = Math.abs(found[i] - expected[i]);
      largest = Math.max(largest, Double.isNaN(d) ? Double.POSITIVE_INFINITY : d);
    }
    return largest / scale;
  }

  private TrainConfig config(String method) {
    List<String> flags =
        new ArrayList<>(
            List.of(
                "model_name_or_path", MODEL.toString(),
                "dataset", dir.resolve("pairs.jsonl").toString(),
                "output_dir", dir.resolve("out").toString(),
                "per_device_train_batch_size", "2",
                "gradient_accumulation_steps", "2",
                "max_length", "0",
                "train_sampling_strategy", "sequential"));
    return switch (method) {
      case "reward" -> bind(RewardConfig.class, flags, "center_rewards_coefficient", "0.01");
      case "pairrm" -> bind(PairRmConfig.class, flags, "prompt_template", prompt());
      case "genrm" -> bind(GenRmConfig.class, flags, "prompt_template", prompt());
      case "dpo" ->
          bind(DpoConfig.class, flags, "loss_type", "sigmoid,sft", "loss_weights", "1,0.1");
      default -> bind(DpoConfig.class, flags, "use_peft", "true", "lora_r", "4");
    };
  }

  private String prompt() {
    return dir.resolve("prompt.json").toString();
  }

  private static <C extends Record & TrainConfig> TrainConfig bind(
      Class<C> type, List<String> flags, String... more) {
    flags.addAll(List.of(more));
    List<Call.Flag> typed = new ArrayList<>();
    for (int i = 0; i < flags.size(); i += 2) {
      typed.add(new Call.Flag(flags.get(i), List.of(flags.get(i + 1))));
    }
    try {
      Call call = new Call(typed, List.of(), Optional.empty());
      return Binder.bind(Schema.of(type), call, List.of()).options();
    } catch (UsageException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
