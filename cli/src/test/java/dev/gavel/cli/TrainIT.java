package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.Processes.Ended;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Training commands as processes: killed, interrupted, refused.
class TrainIT {
  private static final int STEPS = 24;
  private static final int FOREVER = 1_000_000;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(300);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  @BeforeEach
  void makeRows() throws IOException {
    StringBuilder rows = new StringBuilder();
    Random random = new Random(5);
    for (int i = 0; i < 20; i++) {
      rows.append("{\"text\":\"");
      random.ints(8 + random.nextInt(20), 'a', 'z').forEach(c -> rows.append((char) c));
      rows.append("\"}\n");
    }
    Files.writeString(dir.resolve("rows.jsonl"), rows);
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      pairs.append(
          "{\"prompt\":\"question %d\",\"chosen\":\" right %d\",\"rejected\":\" wrong\"}\n"
              .formatted(i, i * i));
    }
    Files.writeString(dir.resolve("pairs.jsonl"), pairs);
    Files.writeString(dir.resolve("prompt.json"), "{\"user\":\"{chat} {answer_a} or {answer_b}\"}");
  }

  private List<String> sft(String out, String... more) {
    return train("sft", out, more);
  }

  /// What a method needs beside the options of all.
  private List<String> options(String method) {
    String prompt = dir.resolve("prompt.json").toString();
    return switch (method) {
      case "sft" -> List.of("--dataset", dir.resolve("rows.jsonl").toString());
      case "dpo" ->
          List.of(
              "--dataset", dir.resolve("pairs.jsonl").toString(),
              "--precompute_ref_log_probs", "true",
              "--use_peft", "true",
              "--lora_r", "4",
              "--disable_dropout", "false");
      case "reward" -> List.of("--dataset", dir.resolve("pairs.jsonl").toString());
      default ->
          List.of(
              "--dataset",
              dir.resolve("pairs.jsonl").toString(),
              "--prompt_template",
              prompt,
              "--gradient_accumulation_steps",
              "1");
    };
  }

  private List<String> train(String method, String out, String... more) {
    List<String> command = new ArrayList<>(Processes.modules(method));
    command.addAll(options(method));
    command.remove("-XX:TieredStopAtLevel=1"); // the vector kernels need the second compiler
    command.addAll(
        List.of(
            "--model_name_or_path", Golden.find("ckpt_a").getFirst().toString(),
            "--output_dir", dir.resolve(out).toString(),
            "--per_device_train_batch_size", "4",
            "--learning_rate", "1e-3",
            "--logging_steps", "3",
            "--threads", "2"));
    command.addAll(List.of(more));
    if (!command.contains("--max_steps=" + FOREVER)) {
      command.addAll(List.of("--max_steps", Integer.toString(STEPS), "--save_steps", "2"));
    }
    return command;
  }

  private Ended run(String out, String... more) throws Exception {
    return Processes.run(sft(out, more), "");
  }

  private Process start(String out, String... more) throws IOException {
    return start(out, sft(out, more));
  }

  private Process start(String out, List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(dir.resolve(out + ".log").toFile())
        .start();
  }

  /// Waits until a checkpoint is there, or the process has ended.
  private void await(Process process, Path checkpoint) throws Exception {
    long start = System.nanoTime();
    while (!Files.exists(checkpoint) && process.isAlive()) {
      assertThat(System.nanoTime() - start)
          .as("waiting for %s", checkpoint)
          .isLessThan(PATIENCE_NANOS);
      Thread.sleep(5);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sft", "reward", "pairrm", "genrm", "dpo"})
  void aRunThatIsKilledAndResumedLeavesTheSameBytes(String method) throws Exception {
    assertThat(Processes.run(train(method, "whole"), "").code()).isZero();
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int from = 2; from < STEPS - 6; from += 8) {
      Process process =
          start("killed", train(method, "killed", "--resume_from_checkpoint", "true"));
      await(process, dir.resolve("killed/checkpoint-" + (from + 2 * random.nextInt(3))));
      Thread.sleep(random.nextInt(30));
      process.destroyForcibly().waitFor();
    }
    Ended last = Processes.run(train(method, "killed", "--resume_from_checkpoint", "true"), "");
    assertThat(last.code()).as(last.err()).isZero();
    String weights = method.equals("dpo") ? "adapter_model.safetensors" : "model.safetensors";
    for (String name :
        List.of(
            weights,
            "metrics.jsonl",
            "checkpoint-24/" + weights,
            "checkpoint-24/optimizer.safetensors",
            "checkpoint-24/trainer_state.json",
            "checkpoint-24/rng_state.json")) {
      assertThat(dir.resolve("killed").resolve(name))
          .as("seed %d", seed)
          .hasSameBinaryContentAs(dir.resolve("whole").resolve(name));
    }
  }

  @Test
  void anInterruptedRunSavesACheckpointAndEndsWith130() throws Exception {
    if (InterruptIT.cannotInterrupt()) {
      return;
    }
    Process process = start("out", "--max_steps=" + FOREVER, "--save_steps=" + FOREVER);
    await(process, dir.resolve("out/metrics.jsonl"));
    while (Files.size(dir.resolve("out/metrics.jsonl")) == 0 && process.isAlive()) {
      Thread.sleep(5);
    }
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    String log = Files.readString(dir.resolve("out.log"), StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(log).isEqualTo(130);
    assertThat(log).containsPattern("stopped after step \\d+; --resume_from_checkpoint true");
    try (var checkpoints = Files.newDirectoryStream(dir.resolve("out"), "checkpoint-*")) {
      assertThat(checkpoints).hasSize(1);
    }
  }

  @Test
  void aSecondProcessAndAFullFolderAreRefused() throws Exception {
    Process first = start("out", "--max_steps=" + FOREVER, "--save_steps=" + FOREVER);
    try {
      await(first, dir.resolve("out/metrics.jsonl"));
      Ended second = run("out", "--resume_from_checkpoint", "true");
      assertThat(second.code()).isEqualTo(1);
      assertThat(second.err()).contains("another process writes to this folder");
    } finally {
      first.destroyForcibly().waitFor();
    }
    Ended full = run("out");
    assertThat(full.code()).isEqualTo(1);
    assertThat(full.err()).contains("is not empty");
  }

  @Test
  void badInputEndsInOneLine() throws Exception {
    Files.writeString(dir.resolve("rows.jsonl"), "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n");
    Ended keyless = run("out");
    assertThat(keyless.code()).isEqualTo(1);
    assertThat(keyless.err()).contains("rows.jsonl:2: expected 'prompt' and 'completion'");
    assertThat(dir.resolve("out")).doesNotExist();
    Ended unknown = run("out", "--learning_rat", "1");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err())
        .contains("--learning_rat: unknown flag; the nearest is --learning_rate");
  }

  /// The need that is computed beforehand against what the system counted at the end, on a model of
  /// seven million weights and 2048 tokens: large enough that the JVM itself is not most of it.
  @Test
  void theMemoryNeedIsNearTheTruth() throws Exception {
    String config =
        Files.readString(Golden.find("ckpt_a").getFirst().resolve("config.json"))
            .replaceFirst("\"hidden_size\": \\d+", "\"hidden_size\": 288")
            .replaceFirst("\"intermediate_size\": \\d+", "\"intermediate_size\": 768")
            .replaceFirst("\"num_hidden_layers\": \\d+", "\"num_hidden_layers\": 6")
            .replaceFirst("\"num_attention_heads\": \\d+", "\"num_attention_heads\": 6")
            .replaceFirst("\"num_key_value_heads\": \\d+", "\"num_key_value_heads\": 6")
            .replaceFirst("\"head_dim\": \\d+", "\"head_dim\": 48")
            .replaceFirst("\"vocab_size\": \\d+", "\"vocab_size\": 4096");
    Files.writeString(dir.resolve("config.json"), config);
    String row =
        "{\"input_ids\":" + Arrays.toString(new Random(5).ints(256, 0, 4096).toArray()) + "}\n";
    Files.writeString(dir.resolve("rows.jsonl"), row.repeat(16));
    List<String> command = new ArrayList<>(Processes.modules("sft"));
    command.remove("-XX:TieredStopAtLevel=1");
    command.addAll(
        List.of(
            "--init_from_config", dir.resolve("config.json").toString(),
            "--dataset", dir.resolve("rows.jsonl").toString(),
            "--output_dir", dir.resolve("out").toString(),
            "--save_strategy", "no",
            "--max_steps", "2"));
    Ended ended = Processes.run(command, "");
    assertThat(ended.code()).as(ended.err()).isZero();
    Matcher peak = Pattern.compile("peak memory: ([0-9.]+) GB").matcher(ended.err());
    if (!peak.find()) {
      System.err.println("SKIPPED: the memory need: this system does not tell the peak");
      return;
    }
    assertThat(ended.err()).contains("needs about ");
    double need =
        Json.read(dir.resolve("out/run.json")).get("memory_estimate_bytes").doubleValue() / 1e9;
    // A need that is too low ends in a kill, one that is too high refuses what would run.
    assertThat(need)
        .isBetween(
            0.85 * Double.parseDouble(peak.group(1)), 1.5 * Double.parseDouble(peak.group(1)));
  }
}
