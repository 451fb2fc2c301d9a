package dev.gavel.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import dev.gavel.train.loss.LossTypes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What every method that learns from preferences promises beside its figures: steps that do not
/// depend on micro-batches, checkpointing or threads; the same bytes after a stop; adapters.
class PreferenceRunsTest {
  private static final Path MODEL = Golden.find("ckpt_a/config.json").getFirst().getParent();

  @TempDir Path dir;
  private Path pairs;

  /// A command and what it needs beside the common options.
  enum Method {
    REWARD(RewardConfig.class),
    PAIRRM(PairRmConfig.class, "chat_template", "llama3"),
    GENRM(GenRmConfig.class, "chat_template", "llama3", "order", "both"),
    DPO(DpoConfig.class, "loss_type", "sigmoid,sft", "loss_weights", "1,0.5");

    private final Class<?> config;
    private final List<Object> flags;

    Method(Class<?> config, Object... flags) {
      this.config = config;
      this.flags = List.of(flags);
    }

    @SuppressWarnings("unchecked")
    <C extends Record & TrainConfig> Class<C> config() {
      return (Class<C>) config;
    }
  }

  @BeforeEach
  void makePairs() throws IOException {
    Path golden = Golden.find("trl/dpo_data.jsonl").getFirst();
    StringBuilder lines = new StringBuilder();
    for (String line : Files.readAllLines(golden)) {
      ObjectNode row = (ObjectNode) Json.parse(line, "row");
      row.remove(List.of("prompt_ids", "chosen_ids", "rejected_ids"));
      lines.append(Json.write(row)).append('\n');
    }
    pairs = Files.writeString(dir.resolve("pairs.jsonl"), lines);
    Files.writeString(
        dir.resolve("prompt.json"), "{\"user\":\"{chat} A: {answer_a} B: {answer_b}\"}");
  }

  private Runs.Result run(Method method, String name, BooleanSupplier stop, Object... flags)
      throws IOException {
    List<Object> all = new ArrayList<>(method.flags);
    if (method == Method.PAIRRM || method == Method.GENRM) {
      all.addAll(List.of("prompt_template", dir.resolve("prompt.json"))); // a short one, for time
    }
    all.addAll(
        List.of("output_dir", dir.resolve(name), "dataset", pairs, "max_length", 0, "threads", 2));
    List<Object> given = Arrays.asList(flags);
    for (int i = all.size() - 2; i >= 0; i -= 2) {
      if (given.contains(all.get(i))) {
        all.subList(i, i + 2).clear();
      }
    }
    for (Object[] usual :
        new Object[][] {
          {"model_name_or_path", MODEL},
          {"learning_rate", 1e-3},
          {"lr_scheduler_type", "cosine"},
          {"warmup_steps", 0},
          {"gradient_accumulation_steps", 1},
          {"per_device_train_batch_size", 4},
          {"logging_steps", 1}
        }) {
      if (!given.contains(usual[0])) {
        all.addAll(Arrays.asList(usual));
      }
    }
    all.addAll(given);
    return runTyped(method, stop, all.toArray());
  }

  private static <C extends Record & TrainConfig> Runs.Result runTyped(
      Method method, BooleanSupplier stop, Object[] flags) throws IOException {
    return Runs.run(method.<C>config(), stop, flags);
  }

  private Path train(Method method, String name, Object... flags) throws IOException {
    run(method, name, () -> false, flags);
    return dir.resolve(name);
  }

  private static void sameMetrics(Path found, Path wanted, double tolerance) throws IOException {
    List<JsonNode> a = Runs.metrics(found);
    List<JsonNode> b = Runs.metrics(wanted);
    assertThat(a).hasSameSizeAs(b);
    for (int i = 0; i < b.size(); i++) {
      for (String key : b.get(i).propertyNames()) {
        double y = b.get(i).get(key).asDouble();
        assertThat(a.get(i).get(key).asDouble())
            .as("step %d, %s", i + 1, key)
            .isCloseTo(y, Offset.offset(tolerance * (1 + Math.abs(y))));
      }
    }
  }

  /// In f64 the sums of micro-batches differ by rounding alone.
  @ParameterizedTest
  @EnumSource
  void aStepDoesNotDependOnItsMicroBatches(Method method) throws IOException {
    Object[] steps = {"dtype", "float64", "max_steps", 3, "save_strategy", "no"};
    Path whole = train(method, "whole", with(steps, "per_device_train_batch_size", 6));
    for (int batch : new int[] {3, 1}) {
      Path parts =
          train(
              method,
              "parts" + batch,
              with(
                  steps,
                  "per_device_train_batch_size",
                  batch,
                  "gradient_accumulation_steps",
                  6 / batch));
      sameMetrics(parts, whole, 1e-9);
    }
  }

  @ParameterizedTest
  @EnumSource
  void checkpointingAndThreadsChangeNoBit(Method method) throws IOException {
    Object[] steps = {"max_steps", 4, "save_strategy", "no"};
    Path one = train(method, "one", with(steps, "num_train_epochs", 1));
    for (Object[] other : new Object[][] {{"gradient_checkpointing", true}, {"threads", 3}}) {
      Path out = train(method, "other" + other[0], with(steps, other));
      assertThat(out.resolve("model.safetensors"))
          .hasSameBinaryContentAs(one.resolve("model.safetensors"));
      assertThat(Files.readString(out.resolve("metrics.jsonl")))
          .isEqualTo(Files.readString(one.resolve("metrics.jsonl")));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRunThatIsStoppedAndResumedLeavesTheSameBytes(Method method) throws IOException {
    resumes(method, "model.safetensors");
  }

  @ParameterizedTest
  @EnumSource
  void soDoesAnAdapterWithDropout(Method method) throws IOException {
    resumes(
        method,
        "adapter_model.safetensors",
        "use_peft",
        true,
        "lora_r",
        4,
        "lora_dropout",
        0.3,
        "disable_dropout",
        false);
  }

  private void resumes(Method method, String weights, Object... more) throws IOException {
    Object[] how =
        with(
            new Object[] {
              "num_train_epochs", 2,
              "save_steps", 3,
              "logging_steps", 2,
              "eval_dataset", pairs,
              "eval_strategy", "steps",
              "eval_steps", 2
            },
            more);
    Path whole = train(method, "whole", how);
    int last = Runs.metrics(whole).getLast().get("step").asInt();
    long seed = System.nanoTime();
    int stop = 1 + new Random(seed).nextInt(last - 1);
    int[] asked = {0};
    run(method, "parts", () -> ++asked[0] == stop, how);
    Path parts = train(method, "parts", with(how, "resume_from_checkpoint", true));
    for (String name : List.of(weights, "metrics.jsonl")) {
      assertThat(parts.resolve(name))
          .as("stop at %d, seed %d", stop, seed)
          .hasSameBinaryContentAs(whole.resolve(name));
    }
    Path end = Path.of("checkpoint-" + last);
    for (String name : List.of("optimizer.safetensors", "trainer_state.json")) {
      assertThat(parts.resolve(end).resolve(name))
          .hasSameBinaryContentAs(whole.resolve(end).resolve(name));
    }
  }

  static Object[] with(Object[] flags, Object... more) {
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < flags.length; i += 2) {
      if (!Arrays.asList(more).contains(flags[i])) {
        all.addAll(List.of(flags[i], flags[i + 1]));
      }
    }
    all.addAll(Arrays.asList(more));
    return all.toArray();
  }

  // ---------------------------------------------------------------- the reference

  @Test
  void referenceLogProbsComputedAheadHaveTheBitsOfThoseOnTheWay() throws IOException {
    Object[] how = {
      "max_steps", 5, "save_strategy", "no", "ref_model", MODEL.resolveSibling("ckpt_a_ref")
    };
    Path online = train(Method.DPO, "online", how);
    Path ahead =
        train(
            Method.DPO,
            "ahead",
            with(how, "precompute_ref_log_probs", true, "per_device_eval_batch_size", 3));
    assertThat(ahead.resolve("metrics.jsonl"))
        .hasSameBinaryContentAs(online.resolve("metrics.jsonl"));
    assertThat(ahead.resolve("model.safetensors"))
        .hasSameBinaryContentAs(online.resolve("model.safetensors"));
    assertThat(ahead.resolve(ReferenceFile.NAME)).exists();
  }

  @Test
  void theyAreKeptUnderAFingerprint() throws IOException {
    Object[] how = {"max_steps", 2, "precompute_ref_log_probs", true};
    String first = run(Method.DPO, "out", () -> false, how).err();
    assertThat(first).contains("reference log-probabilities of 12 pairs");
    Object[] more = with(how, "max_steps", 3, "resume_from_checkpoint", true);
    assertThat(run(Method.DPO, "out", () -> false, more).err())
        .doesNotContain("reference log-probabilities of");
    Files.writeString(
        pairs,
        Files.readString(pairs) + "{\"prompt\":\"x\",\"chosen\":\" y\",\"rejected\":\" z\"}\n");
    assertThat(run(Method.DPO, "out", () -> false, with(more, "max_steps", 4)).err())
        .contains("other rows; computed again");
  }

  @Test
  void theBaseUnderAFreshAdapterIsTheReference() throws IOException {
    Object[] how = {"max_steps", 4, "save_strategy", "no", "use_peft", true, "lora_r", 4};
    Path below = train(Method.DPO, "below", how);
    Path given = train(Method.DPO, "given", with(how, "ref_model", MODEL));
    assertThat(given.resolve("metrics.jsonl"))
        .hasSameBinaryContentAs(below.resolve("metrics.jsonl"));
    JsonNode first = Runs.metrics(below).getFirst();
    assertThat(first.get("rewards/chosen").asDouble()).isZero();
    assertThat(first.get("rewards/accuracies").asDouble()).isZero();
  }

  @Test
  void anAdapterGoesOnFromItsFolder() throws IOException {
    Object[] how = {"max_steps", 3, "save_strategy", "no", "use_peft", true, "lora_r", 4};
    Path first = train(Method.DPO, "first", how);
    Object[] more = {"max_steps", 3, "save_strategy", "no", "model_name_or_path", first};
    Path second = train(Method.DPO, "second", more);
    assertThat(second.resolve("adapter_config.json")).exists();
    JsonNode start = Runs.metrics(second).getFirst();
    assertThat(start.get("rewards/chosen").asDouble()).isZero(); // the reference is where it began
    assertThat(start.get("logps/chosen").asDouble())
        .isNotEqualTo(Runs.metrics(first).getFirst().get("logps/chosen").asDouble());
  }

  // ---------------------------------------------------------------- warnings and refusals

  @Test
  void aRunThatLearnsNothingIsSaid() throws IOException {
    Object[] how = {"max_steps", 2, "save_strategy", "no", "learning_rate", 1e-30};
    assertThat(run(Method.DPO, "out", () -> false, how).err())
        .contains("warning: step 1 changed no parameter");
  }

  @Test
  void rowsThatTeachNothingOrAskTwiceAreSaid() throws IOException {
    Files.writeString(
        pairs,
        """
        {"prompt":"What is two and two?","chosen":" four","rejected":" four"}
        {"prompt":"What is two and two?","chosen":"What is two and two? 4","rejected":" 5"}
        """);
    String err = run(Method.REWARD, "out", () -> false, "max_steps", 1).err();
    assertThat(err)
        .contains("warning: 1 rows have a chosen and a rejected completion that are the same")
        .contains("pairs.jsonl:1")
        .contains("warning: 1 rows have a completion that begins with the prompt's text")
        .contains("pairs.jsonl:2");
  }

  @Test
  void theHelpNamesAllLosses() {
    assertThat(DpoConfig.NAMES.split(", ")).containsExactlyElementsOf(LossTypes.names());
  }

  @Test
  void whatTheLossDoesNotReadIsRefused() {
    refused(
        "--label_smoothing 0.1: loss type sigmoid,sft does not read it", "label_smoothing", 0.1);
    refused("--loss_weights has 1 numbers for the 2", "loss_weights", "1");
    refused(
        "--loss_type sigmod: unknown; the nearest is sigmoid",
        "loss_type",
        "sigmod",
        "loss_weights",
        "1");
    Object[] orpo = {"loss_type", "orpo", "loss_weights", "1"};
    refused("--ref_model: loss type orpo reads no reference", with(orpo, "ref_model", MODEL));
    refused(
        "--precompute_ref_log_probs true: loss type orpo reads no reference",
        with(orpo, "precompute_ref_log_probs", true));
  }

  private void refused(String message, Object... flags) {
    assertThatThrownBy(() -> run(Method.DPO, "out", () -> false, flags))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message.replace("sigmoid,sft", "sigmoid, sft"));
    assertThat(dir.resolve("out").resolve("train_config.json")).doesNotExist();
  }
}
