package dev.gavel.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.testing.Golden;
import dev.gavel.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a run promises beside its figures: independence of micro-batches, threads and stops; files;
/// refusals.
class SftRecipeTest {
  private static final Path MODEL = Golden.find("ckpt_a/config.json").getFirst().getParent();

  @TempDir Path dir;
  private Path rows;

  @BeforeEach
  void makeRows() throws IOException {
    Path golden = Golden.find("sft/sft.json").getFirst();
    rows = Runs.rows(Json.read(golden).get("rows"), dir.resolve("rows.jsonl"));
  }

  private Path train(String name, Object... flags) throws IOException {
    run(name, flags);
    return dir.resolve(name);
  }

  private Runs.Result run(String name, Object... flags) throws IOException {
    return Runs.run(flags(name, flags));
  }

  private Object[] flags(String name, Object... flags) {
    List<Object> all = new ArrayList<>(List.of("output_dir", dir.resolve(name)));
    List<Object> given = Arrays.asList(flags);
    if (!given.contains("dataset")) {
      all.addAll(List.of("dataset", rows));
    }
    if (!given.contains("init_from_config")) {
      all.addAll(List.of("model_name_or_path", MODEL));
    }
    if (!given.contains("learning_rate")) {
      all.addAll(List.of("learning_rate", 2e-3));
    }
    all.addAll(given);
    return all.toArray();
  }

  private static Path weights(Path folder) {
    return folder.resolve("model.safetensors");
  }

  // ---------------------------------------------------------------- the same step

  @Test
  void aStepDoesNotDependOnItsMicroBatches() throws IOException {
    List<JsonNode> whole = equivalent("whole", 8, 1);
    same(equivalent("halves", 4, 2), whole);
    same(equivalent("single", 1, 8), whole);
  }

  private List<JsonNode> equivalent(String name, int batch, int accumulation) throws IOException {
    Path out =
        train(
            name,
            "dtype",
            "float64",
            "per_device_train_batch_size",
            batch,
            "gradient_accumulation_steps",
            accumulation,
            "max_steps",
            6,
            "logging_steps",
            1);
    return Runs.metrics(out);
  }

  private static void same(List<JsonNode> found, List<JsonNode> wanted) {
    for (int i = 0; i < wanted.size(); i++) {
      for (String key :
          List.of("loss", "grad_norm", "entropy", "mean_token_accuracy", "num_tokens", "epoch")) {
        double y = wanted.get(i).get(key).asDouble();
        assertThat(found.get(i).get(key).asDouble())
            .as("step %d, %s", i + 1, key)
            .isCloseTo(y, org.assertj.core.data.Offset.offset(1e-9 * (1 + Math.abs(y))));
      }
    }
  }

  @Test
  void checkpointingAndThreadsChangeNoBit() throws IOException {
    Object[] steps = {"max_steps", 20, "logging_steps", 1, "save_strategy", "no"};
    Path one = train("one", with(steps, "threads", 1));
    for (int threads : new int[] {2, 4}) {
      Path many = train("t" + threads, with(steps, "threads", threads));
      assertThat(weights(many)).hasSameBinaryContentAs(weights(one));
      assertThat(metrics(many)).isEqualTo(metrics(one));
    }
    Path less = train("less", with(steps, "gradient_checkpointing", true));
    assertThat(weights(less)).hasSameBinaryContentAs(weights(one));
    assertThat(metrics(less)).isEqualTo(metrics(one));
  }

  private static Object[] with(Object[] flags, Object... more) {
    List<Object> all = new ArrayList<>(Arrays.asList(flags));
    all.addAll(Arrays.asList(more));
    return all.toArray();
  }

  private static String metrics(Path out) throws IOException {
    return Files.readString(out.resolve("metrics.jsonl"));
  }

  // ---------------------------------------------------------------- stop and go on

  @ParameterizedTest
  @ValueSource(strings = {"float32", "bfloat16"})
  void aRunThatIsStoppedAndResumedLeavesTheSameBytes(String dtype) throws IOException {
    Object[] how = {
      "dtype", dtype,
      "per_device_train_batch_size", 3,
      "gradient_accumulation_steps", 2,
      "num_train_epochs", 4,
      "logging_steps", 3,
      "save_steps", 5,
      "lr_scheduler_type", "cosine",
      "warmup_steps", 0.1,
      "eval_dataset", rows,
      "eval_strategy", "steps",
      "eval_steps", 4
    };
    Path whole = train("whole", how);
    int last = Runs.metrics(whole).getLast().get("step").asInt();
    long seed = System.nanoTime();
    int stop = 1 + new Random(seed).nextInt(last - 1);
    int[] asked = {0};
    Runs.Result stopped = Runs.run(() -> ++asked[0] == stop, flags("parts", how));
    assertThat(stopped.outcome().steps()).as("seed %d", seed).isEqualTo(stop);
    assertThat(stopped.outcome().checkpoint()).contains(dir.resolve("parts/checkpoint-" + stop));
    // rows that a killed process wrote after its last checkpoint
    Files.writeString(
        dir.resolve("parts/metrics.jsonl"),
        "{\"step\":9999}\n{\"st",
        java.nio.file.StandardOpenOption.APPEND);
    Path parts = train("parts", with(how, "resume_from_checkpoint", true));
    sameFiles(whole, parts, "stop at " + stop + ", seed " + seed);
    sameFiles(whole.resolve("checkpoint-" + last), parts.resolve("checkpoint-" + last), "last");
    assertThat(metrics(parts)).isEqualTo(metrics(whole));
    SafetensorsDType stored =
        dtype.equals("float32") ? SafetensorsDType.F32 : SafetensorsDType.BF16;
    try (ModelFolder folder = ModelFolder.open(parts)) {
      assertThat(folder.config().dtype()).isEqualTo(stored);
      assertThat(folder.tensor("model.norm.weight").dtype()).isEqualTo(stored);
    }
  }

  private static void sameFiles(Path a, Path b, String what) throws IOException {
    for (String name :
        List.of(
            "model.safetensors",
            "optimizer.safetensors",
            "trainer_state.json",
            "rng_state.json",
            "config.json")) {
      if (Files.exists(a.resolve(name))) {
        assertThat(b.resolve(name)).as(what).hasSameBinaryContentAs(a.resolve(name));
      }
    }
  }

  @Test
  void aNamedCheckpointCanBeContinuedElsewhere() throws IOException {
    Path whole = train("whole", "max_steps", 6, "save_steps", 2, "logging_steps", 1);
    Path other =
        train(
            "other",
            "max_steps",
            6,
            "save_steps",
            2,
            "logging_steps",
            1,
            "resume_from_checkpoint",
            whole.resolve("checkpoint-2"));
    sameFiles(whole, other, "continued");
    assertThat(metrics(other)).isEqualTo(metrics(whole));
    assertThat(other.resolve("checkpoint-2")).doesNotExist();
  }

  @Test
  void resumingWithOtherOptionsIsSaid() throws IOException {
    train("out", "max_steps", 2);
    String err =
        run("out", "max_steps", 3, "resume_from_checkpoint", true, "weight_decay", 0.1).err();
    assertThat(err)
        .contains("going on from " + dir.resolve("out/checkpoint-2"))
        .contains("had other options: max_steps 2, now 3, weight_decay 0.0, now 0.1");
  }

  @Test
  void resumingWithoutACheckpointBeginsAtTheStart() throws IOException {
    Runs.Result result = run("out", "max_steps", 1, "resume_from_checkpoint", true);
    assertThat(result.err()).contains("no checkpoint; beginning from the start");
    assertThat(dir.resolve("out/checkpoint-1")).exists();
  }

  // ---------------------------------------------------------------- files

  @Test
  void aRunFolderIsAHuggingFaceFolderWithAReport() throws IOException {
    Path out =
        train("out", "max_steps", 5, "save_steps", 1, "save_total_limit", 2, "logging_steps", 2);
    assertThat(RunFolder.checkpoints(out))
        .containsExactly(out.resolve("checkpoint-4"), out.resolve("checkpoint-5"));
    assertThat(Runs.metrics(out).stream().map(r -> r.get("step").asInt())).containsExactly(2, 4, 5);
    for (String name :
        List.of(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "model.safetensors",
            "timings.jsonl",
            "run.json",
            "README.md")) {
      assertThat(out.resolve(name)).exists();
    }
    assertThat(out.resolve(".lock")).doesNotExist();
    assertThat(Files.readString(out.resolve("report.html"))).contains("<svg", "grad_norm");
    ObjectNode again = (ObjectNode) Json.read(out.resolve(RunFolder.CONFIG));
    assertThat(again.get("learning_rate").asDouble()).isEqualTo(2e-3);
    try (ModelFolder folder = ModelFolder.open(out)) {
      assertThat(folder.parameters()).isPositive();
    }
  }

  @Test
  void randomWeightsComeFromAConfig() throws IOException {
    Object[] how = {"init_from_config", MODEL.resolve("config.json"), "max_steps", 2};
    Path first = weights(train("a", how));
    assertThat(weights(train("b", how))).hasSameBinaryContentAs(first);
    Path scaled = weights(train("c", with(how, "scaled_init", true)));
    assertThat(Files.mismatch(scaled, first)).isNotNegative();
    Path other = weights(train("d", with(how, "seed", 1)));
    assertThat(Files.mismatch(other, first)).isNotNegative();
    assertThat(dir.resolve("a/tokenizer.json")).exists();
  }

  @Test
  void phasesHaveBatchesOfTheirOwn() throws IOException {
    Path second = Files.copy(rows, dir.resolve("second.jsonl"));
    Path out =
        train(
            "out",
            "dataset",
            rows + "," + second,
            "dataset_phases",
            true,
            "per_device_train_batch_size",
            "8,4",
            "num_train_epochs",
            1,
            "logging_steps",
            1);
    List<JsonNode> metrics = Runs.metrics(out);
    assertThat(metrics).hasSize(2 + 4);
    assertThat(metrics.getLast().get("epoch").asDouble()).isEqualTo(1);
  }

  @Test
  void evaluationIsOneMeanOverAllTokens() throws IOException {
    Object[] how = {
      "max_steps",
      1,
      "learning_rate",
      0,
      "eval_dataset",
      rows,
      "eval_strategy",
      "steps",
      "eval_steps",
      1,
      "logging_steps",
      1,
      "per_device_train_batch_size",
      16
    };
    Path out = train("out", with(how, "per_device_eval_batch_size", 3));
    JsonNode trained = Runs.metrics(out).get(0);
    JsonNode evaluated = Runs.metrics(out).get(1);
    assertThat(evaluated.get("eval_loss").asDouble())
        .isCloseTo(trained.get("loss").asDouble(), org.assertj.core.data.Offset.offset(1e-6));
    assertThat(evaluated.get("eval_mean_token_accuracy").asDouble())
        .isCloseTo(
            trained.get("mean_token_accuracy").asDouble(),
            org.assertj.core.data.Offset.offset(1e-12));
    assertThat(evaluated.get("step").asInt()).isEqualTo(1);
  }

  @Test
  void aDryRunTellsAndTouchesNothing() throws IOException {
    SftConfig config = Runs.bind(flags("out", "dry_run", true, "num_train_epochs", 2)).options();
    ObjectNode estimate = TrainingEstimate.of(config, new RunContext(System.err, () -> false));
    assertThat(estimate.get("rows").asInt()).isEqualTo(16);
    assertThat(estimate.get("steps").asInt()).isEqualTo(4);
    assertThat(estimate.get("memory_bytes").asLong()).isPositive();
    assertThat(estimate.get("seconds").asDouble()).isPositive();
    assertThat(dir.resolve("out")).doesNotExist();
  }

  // ---------------------------------------------------------------- refusals

  @Test
  void aFolderThatIsNotEmptyIsRefused() throws IOException {
    Files.createDirectories(dir.resolve("out"));
    Files.writeString(dir.resolve("out/notes.txt"), "mine");
    assertThatThrownBy(() -> run("out", "max_steps", 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("out: is not empty (it has notes.txt)");
    assertThat(dir.resolve("out/notes.txt")).exists();
  }

  @Test
  void aFolderThatAnotherProcessHasIsRefused() throws IOException {
    try (RunFolder _ = RunFolder.open(dir.resolve("out"), java.util.Optional.empty())) {
      assertThatThrownBy(() -> run("out", "max_steps", 1, "resume_from_checkpoint", true))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another process writes to this folder");
    }
    assertThat(dir.resolve("out")).doesNotExist();
  }

  @Test
  void aLossThatIsNoNumberEndsTheRunBeforeTheWeightsAreSpoilt() throws IOException {
    Object[] how = {"max_steps", 40, "learning_rate", 1e18, "save_steps", 1, "save_total_limit", 1};
    assertThatThrownBy(() -> run("out", how))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "step \\d+: loss is .*, grad_norm .*; nothing after step \\d+ is saved\\. Try a smaller"
                + " --learning_rate.*");
    assertThat(dir.resolve("out/model.safetensors")).doesNotExist();
  }

  @Test
  void aFolderOfARewardModelIsRefused() {
    Path classifier = Golden.findIfPresent("ckpt_c/config.json").getFirst().getParent();
    Object[] flags = {
      "model_name_or_path", classifier, "dataset", rows, "output_dir", dir.resolve("out")
    };
    assertThatThrownBy(() -> Runs.run(flags))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("is a LlamaForSequenceClassification, expected a LlamaForCausalLM");
    assertThat(dir.resolve("out")).doesNotExist();
  }

  @Test
  void optionsThatContradictEachOtherAreRefused() {
    refused("--model_name_or_path DIR is required", "dataset", "a", "output_dir", "b");
    Object[] base = {"model_name_or_path", "m", "dataset", "a", "output_dir", "b"};
    refused("exclude each other", with(base, "init_from_config", "c"));
    refused(
        "--base_model d is used with --model_name_or_path",
        "init_from_config",
        "c",
        "base_model",
        "d",
        "dataset",
        "a",
        "output_dir",
        "b");
    refused("--eval_strategy epoch needs --eval_dataset", with(base, "eval_strategy", "epoch"));
    refused("has 2 numbers for 1 phase", with(base, "per_device_train_batch_size", "4,8"));
    refused("needs --min_lr_rate", with(base, "lr_scheduler_type", "cosine_with_min_lr"));
    refused(
        "constant has no warm-up", with(base, "lr_scheduler_type", "constant", "warmup_steps", 2));
    refused("the same option", with(base, "warmup_ratio", 0.1, "warmup_steps", 2));
    refused("--max_steps 0 trains nothing", with(base, "max_steps", 0));
    refused("a whole number, or a fraction", with(base, "warmup_steps", 1.5));
    refused(
        "contradict each other",
        with(base, "shuffle_dataset", true, "train_sampling_strategy", "sequential"));
    refused("unknown flag; the nearest is --learning_rate", with(base, "learning_rat", 1));
  }

  private static void refused(String message, Object... flags) {
    assertThatThrownBy(() -> Runs.bind(flags)).hasMessageContaining(message);
  }
}
