package dev.gavel.bench.gpu;

import dev.gavel.bench.model.ModelShape;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/// PyTorch on the same work, where there is a Python with torch and CUDA: a script of its own, a
/// process for each batch of works, while nothing of ours is in the device's memory.
final class TorchRates {
  private final ReportFile file;
  private final Budget budget;
  private final String python;
  private final Path script;
  private final boolean emulated;

  TorchRates(ReportFile file, Budget budget, String python, Path home, boolean emulated) {
    this.file = file;
    this.budget = budget;
    this.python = python;
    this.script = home.resolve("bench/peers/torch_gpu_peer.py");
    this.emulated = emulated;
  }

  /// One work of PyTorch's.
  ///
  /// @param ourName how the name of the same work of ours begins; empty for decoding
  /// @param samples of decoding, or 0
  record Answer(
      String what, String ourName, int samples, double milliseconds, double tokensPerSecond) {}

  void small() throws IOException {
    StringBuilder works = new StringBuilder();
    for (ModelShape s : TrainRates.small(emulated)) {
      works.append(sft(s, "bf16")).append(',');
      works.append(sft(s, "mixed")).append(',');
    }
    for (int n : DecodeRates.samples(emulated)) {
      works
          .append("decode:")
          .append(shape(TrainRates.small(emulated).getFirst()))
          .append(':')
          .append(n)
          .append(':')
          .append(DecodeRates.prompt(emulated))
          .append(',');
    }
    run(works.substring(0, works.length() - 1));
  }

  void large() throws IOException {
    run(sft(TrainRates.large(emulated), "checkpointed"));
  }

  private static String shape(ModelShape s) {
    return "%s/%d/%d/%d/%d/%d/%d/%d/%s"
        .formatted(
            s.name(),
            s.hidden(),
            s.layers(),
            s.heads(),
            s.kvHeads(),
            s.headDim(),
            s.ffn(),
            s.vocabulary(),
            s.tied());
  }

  private static String sft(ModelShape s, String how) {
    return "sft:%s:%d:%d:%s".formatted(shape(s), s.rows(), s.tokens(), how);
  }

  private void run(String works) throws IOException {
    double seconds = Math.max(10, budget.secondsLeft());
    Process process;
    try {
      process =
          new ProcessBuilder(
                  List.of(python, script.toString(), works, String.valueOf((int) seconds)))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    } catch (IOException e) {
      file.note("PyTorch was not measured: " + e.getMessage());
      return;
    }
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        read(line);
      }
      if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
        file.note("PyTorch's process ended badly; what is missing of its rows was not measured");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }

  private void read(String line) throws IOException {
    System.err.println("torch " + line);
    JsonNode answer;
    try {
      answer = Json.parse(line, "torch_gpu_peer.py");
    } catch (FormatException e) {
      file.note("PyTorch said: " + line);
      return;
    }
    if (answer.has("error")) {
      file.note("PyTorch: " + answer.get("error").asString());
    } else {
      file.torch(
          new Answer(
              answer.get("what").asString(),
              answer.get("ours").asString(),
              answer.get("samples").asInt(),
              answer.get("milliseconds").asDouble(),
              answer.get("tokens_per_s").asDouble()));
    }
  }
}
