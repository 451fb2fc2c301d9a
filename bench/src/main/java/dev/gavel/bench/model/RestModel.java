package dev.gavel.bench.model;

import dev.gavel.llama.FolderWeights;
import dev.gavel.llama.Llama;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.train.demo.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A model at rest in bf16, for prompts and decoding.
///
/// @param tokenizer turns ids into text as they come; where there is no tokenizer of the model's
///   own, the demo's, to which most ids are no text
public record RestModel(Llama llama, Tokenizer tokenizer) implements AutoCloseable {
  /// Weights without meaning, made here.
  public static RestModel of(Device device, ModelShape shape, int threads) throws IOException {
    return new RestModel(
        Llama.atRest(shape.config(SafetensorsDType.BF16), device, new PatternWeights(), threads),
        demoTokenizer());
  }

  public static RestModel load(Device device, Path folder, int threads) throws IOException {
    try (ModelFolder files = ModelFolder.open(folder)) {
      boolean own = Files.exists(folder.resolve("tokenizer.json"));
      return new RestModel(
          Llama.atRest(files.config(), device, new FolderWeights(files), threads),
          own ? Tokenizer.load(folder) : demoTokenizer());
    }
  }

  private static Tokenizer demoTokenizer() throws IOException {
    Path folder = Files.createTempDirectory("gavel-bench");
    try {
      ModelFiles.write(folder);
      return Tokenizer.load(folder);
    } finally {
      List<Path> files;
      try (var all = Files.list(folder)) {
        files = all.toList();
      }
      for (Path file : files) {
        Files.delete(file);
      }
      Files.delete(folder);
    }
  }

  @Override
  public void close() {
    llama.close();
  }
}
