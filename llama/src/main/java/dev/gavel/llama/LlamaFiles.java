package dev.gavel.llama;

import dev.gavel.llama.hub.AdapterConfig;
import dev.gavel.llama.hub.GenerationConfig;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Saves a model's parameters as a Hugging Face folder.
public final class LlamaFiles {
  private LlamaFiles() {}

  /// Writes weights in `dtype`, the configs, and the tokenizer's files of another folder.
  ///
  /// @param dtype F32, BF16 or F64
  public static void save(
      Llama model,
      Path dir,
      SafetensorsDType dtype,
      Optional<GenerationConfig> generationConfig,
      Optional<Path> tokenizerFrom)
      throws IOException {
    LlamaConfig config = model.config().withDtype(dtype);
    List<TensorSource> sources = model.parameters().stream().map(p -> source(p, dtype)).toList();
    ModelFolder.save(dir, config, generationConfig, sources, tokenizerFrom);
  }

  /// Writes a model's adapter as PEFT does: its config, its weights in `dtype`, and the tokenizer's
  /// files of another folder.
  ///
  /// @param base name or folder of the model under the adapter, for whoever opens it
  /// @throws IllegalArgumentException if the model has no adapter that is trained
  public static void saveAdapter(
      Llama model, Path dir, String base, SafetensorsDType dtype, Optional<Path> tokenizerFrom)
      throws IOException {
    LoraConfig lora =
        model
            .lora()
            .orElseThrow(() -> new IllegalArgumentException("the model has no adapter to save"));
    AdapterConfig config = AdapterConfig.of(lora, model.config().architecture(), base);
    String head = model.config().extra(LlamaConfig.HEAD);
    if (!head.isEmpty()) {
      config = config.withExtra(LlamaConfig.HEAD, head);
    }
    List<TensorSource> sources = model.parameters().stream().map(p -> source(p, dtype)).toList();
    config.save(dir, model.config(), sources, tokenizerFrom);
  }

  /// A tensor as it will be stored.
  public static TensorSource source(Tensor t, SafetensorsDType dtype) {
    DType type =
        switch (dtype) {
          case F32 -> DType.F32;
          case BF16 -> DType.BF16;
          case F64 -> DType.F64;
          default ->
              throw new IllegalArgumentException(
                  "weights are saved as F32, BF16 or F64, not " + dtype);
        };
    return new TensorSource(
        t.name(), dtype, t.shape(), (offset, into) -> read(t, type, offset, into));
  }

  private static void read(Tensor t, DType type, long offset, MemorySegment into) {
    try (Scope _ = Scope.open()) {
      Tensor flat = t.view(dev.gavel.tensor.Shape.of(t.size()));
      long from = offset / type.bytes();
      Tensor part = flat.rows(from, from + into.byteSize() / type.bytes());
      t.device().backend().download(part.dtype() == type ? part : part.to(type), into);
    }
  }
}
