package dev.gavel.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// `gavel generate` of one token with the 1B model, as a user starts it.
final class FirstToken {
  private FirstToken() {}

  static Command run(Bench bench) throws IOException {
    String model = "--model_name_or_path=" + bench.model1b();
    if (hasTokenizer(bench)) {
      return Command.run(
          bench, "generate", model, "--threads=2", "--prompt=Hello", "--max_new_tokens=1");
    }
    Path rows = Files.createTempFile("gavel-bench", ".jsonl");
    try {
      Files.writeString(rows, "{\"ids\":[128000,9906]}\n");
      return Command.run(
          bench, "generate", model, "--threads=2", "--dataset=" + rows, "--max_new_tokens=1");
    } finally {
      Files.delete(rows);
    }
  }

  static boolean hasTokenizer(Bench bench) throws IOException {
    return Files.exists(bench.model1b().resolve("tokenizer.json"));
  }
}
