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

/// A model at rest in bf16, for prompts and decoding.
///
/// @param tokenizer turns ids into text as they come; where there is no tokenizer of the model's
///   own, the demo's, to which most ids are no text
public record RestModel(Llama llama, Tokenizer tokenizer) implements AutoCloseable {
  /// Weights without meaning, made here.
  public static RestModel of(Device device, ModelShape shape, int threads) throws IOException {
    return new RestModel(
        Llama.atRest(shape.config(SafetensorsDType.BF16), device, new PatternWeights(), threads),
        ModelFiles.loadTokenizer());
  }

  public static RestModel load(Device device, Path folder, int threads) throws IOException {
    try (ModelFolder files = ModelFolder.open(folder)) {
      boolean own = Files.exists(folder.resolve("tokenizer.json"));
      return new RestModel(
          Llama.atRest(files.config(), device, new FolderWeights(files), threads),
          own ? Tokenizer.load(folder) : ModelFiles.loadTokenizer());
    }
  }

  @Override
  public void close() {
    llama.close();
  }
}
