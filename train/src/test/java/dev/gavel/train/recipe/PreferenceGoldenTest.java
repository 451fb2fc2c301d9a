package dev.gavel.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `reward` and `dpo` against ten steps of TRL's trainers: every metric that they log, and the
/// weights at the end (tolerances: golden/README).
class PreferenceGoldenTest {
  @TempDir Path dir;

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (String name :
        List.of(
            "rm_plain",
            "rm_margin",
            "rm_center",
            "rm_all",
            "rm_accumulated",
            "dpo_sigmoid",
            "dpo_sigmoid_beta1",
            "dpo_sigmoid_ref_is_start",
            "dpo_sigmoid_accumulated",
            "dpo_sigmoid_sft",
            "dpo_hinge",
            "dpo_ipo",
            "dpo_ipo_accumulated",
            "dpo_robust")) {
      for (Path root : Golden.findIfPresent("trl/" + name + ".json")) {
        Path set = root.getParent().getParent();
        cases.add(Arguments.of(name, set, "float64", true));
        cases.add(Arguments.of(name, set, "float32", true));
        cases.add(Arguments.of(name, set, "float32", false)); // ready ids instead of texts
      }
    }
    assertThat(cases).isNotEmpty();
    return cases.stream();
  }

  @ParameterizedTest(name = "{0} {2} texts={3} {1}")
  @MethodSource("cases")
  void trajectory(String name, Path root, String dtype, boolean texts) throws IOException {
    JsonNode golden = Json.read(root.resolve("trl/" + name + ".json"));
    JsonNode how = golden.get("config");
    boolean reward = name.startsWith("rm_");
    Path out = dir.resolve("out");
    List<Object> flags = common(root, golden, dtype, out);
    flags.addAll(List.of("dataset", rows(root, golden, reward, texts)));
    if (reward) {
      flags.addAll(
          List.of(
              "center_rewards_coefficient", how.get("center_rewards_coefficient").asString("0")));
      Runs.run(RewardConfig.class, () -> false, flags.toArray());
    } else {
      flags.addAll(preference(root, how));
      Runs.run(DpoConfig.class, () -> false, flags.toArray());
    }
    boolean exact = dtype.equals("float64");
    compare(Runs.metrics(out), golden, how, exact ? 1e-7 : 5e-4);
    FinalParameters.compare(out, golden.get("final_f64"), exact ? 1e-7 : 2e-3);
  }

  private static List<Object> preference(Path root, JsonNode how) {
    List<Object> flags = new ArrayList<>();
    flags.addAll(List.of("beta", how.get("beta").asString()));
    flags.addAll(List.of("loss_type", joined(how.get("loss_type"))));
    flags.addAll(List.of("loss_weights", joined(how.get("loss_weights"))));
    flags.addAll(List.of("label_smoothing", how.get("label_smoothing").asString()));
    if (!how.get("ref").asString().equals("ckpt_a")) {
      flags.addAll(List.of("ref_model", root.resolve(how.get("ref").asString())));
    }
    return flags;
  }

  private static String joined(JsonNode list) {
    return String.join(",", list.valueStream().map(JsonNode::asString).toList());
  }

  private static List<Object> common(Path root, JsonNode golden, String dtype, Path out) {
    JsonNode how = golden.get("config");
    int accumulate = how.get("accumulate").asInt();
    return new ArrayList<>(
        List.of(
            "model_name_or_path",
            root.resolve(golden.get("checkpoint").asString()),
            "output_dir",
            out,
            "dtype",
            dtype,
            "threads",
            2,
            "per_device_train_batch_size",
            how.get("batch").asInt() / accumulate,
            "gradient_accumulation_steps",
            accumulate,
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
            "shuffle_dataset",
            "false",
            "save_strategy",
            "no",
            "logging_steps",
            1));
  }

  /// The rows as texts, or as the ids that TRL made of them.
  private Path rows(Path root, JsonNode golden, boolean reward, boolean texts) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String line : Files.readAllLines(root.resolve("trl/" + golden.get("data").asString()))) {
      ObjectNode row = (ObjectNode) Json.parse(line, "row");
      row.remove(
          texts
              ? List.of("prompt_ids", "chosen_ids", "rejected_ids")
              : List.of("prompt", "chosen", "rejected"));
      if (reward && !golden.get("config").get("margin").asBoolean()) {
        row.remove("margin");
      }
      lines.append(Json.write(row)).append('\n');
    }
    return Files.writeString(dir.resolve("rows.jsonl"), lines);
  }

  private static void compare(
      List<JsonNode> rows, JsonNode golden, JsonNode how, double tolerance) {
    JsonNode log = golden.get("exact_f64");
    assertThat(rows).hasSize(log.size());
    // figures of a step are those of all its rows; TRL's are means of micro-batches' means, which
    // for these keys is another number
    List<String> differ =
        how.get("accumulate").asInt() == 1
            ? List.of()
            : List.of(
                "entropy",
                "mean_token_accuracy",
                "logits/chosen",
                "logits/rejected",
                "min_reward",
                "max_reward");
    for (int i = 0; i < rows.size(); i++) {
      JsonNode found = rows.get(i);
      JsonNode wanted = log.get(i);
      for (String key : wanted.propertyNames()) {
        if (differ.contains(key)) {
          assertThat(found.get(key)).as(key).isNotNull();
          continue;
        }
        double x = found.path(key).asDouble();
        double y = wanted.get(key).asDouble();
        assertThat(Math.abs(x - y) / (1 + Math.abs(y)))
            .as("step %d, %s: %s, expected %s", i + 1, key, x, y)
            .isLessThanOrEqualTo(tolerance);
      }
    }
  }
}
