package dev.gavel.llama;

import dev.gavel.llama.hub.AdapterConfig;
import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.hub.TokenizerFiles;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.StoredFloats;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Makes a whole model of an adapter and its base: W + scale B A, computed in f64 and rounded once.
/// Weights pass through in pieces; neither model is ever in memory.
public final class AdapterMerge {
  private final ModelFolder folder;
  private final LoraConfig lora;
  private final LlamaConfig config;
  private final Optional<SafetensorsDType> dtype;

  private AdapterMerge(ModelFolder folder, LoraConfig lora, Optional<SafetensorsDType> dtype) {
    this.folder = folder;
    this.lora = lora;
    this.dtype = dtype;
    LlamaConfig model = lora.unties(folder.config()) ? folder.config().untied() : folder.config();
    config = dtype.map(model::withDtype).orElse(model);
  }

  /// Writes the merged model as a Hugging Face folder, with the tokenizer and the generation config
  /// of the adapter or, where it has none, of its base.
  ///
  /// @param dtype of all weights; empty: each keeps the base's
  /// @return the config that was written
  /// @throws IllegalArgumentException if `folder` is no adapter's
  public static LlamaConfig merge(ModelFolder folder, Path dir, Optional<SafetensorsDType> dtype)
      throws IOException {
    AdapterConfig adapter =
        folder
            .adapter()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    folder.path()
                        + ": is no adapter folder (it has no "
                        + AdapterConfig.FILE
                        + ")"));
    AdapterMerge merge = new AdapterMerge(folder, adapter.lora(), dtype);
    List<TensorSource> tensors = WeightNames.of(merge.config).stream().map(merge::source).toList();
    boolean generates = merge.config.architecture() == Architecture.CAUSAL_LM;
    ModelFolder.save(
        dir,
        merge.config,
        generates ? folder.generationConfig() : Optional.empty(),
        tensors,
        Optional.of(folder.tokenizerFolder()).filter(TokenizerFiles::isIn));
    return merge.config;
  }

  private TensorSource source(WeightNames.Weight weight) {
    String name = weight.name();
    String stored = stored(name);
    String base = folder.has(name) ? name : stored;
    SafetensorsDType type = dtype.orElse(folder.tensor(base).dtype());
    if (!lora.adapts(name)) {
      return new TensorSource(
          name,
          type,
          weight.shape(),
          (offset, into) -> {
            try (Arena arena = Arena.ofConfined()) {
              long count = into.byteSize() / type.bytes();
              MemorySegment wide = arena.allocate(Math.max(8, 8 * count));
              read(stored, offset / type.bytes(), count, wide);
              StoredFloats.fromF64(type, wide.asSlice(0, 8 * count), into);
            }
          });
    }
    Update update = new Update(name, weight.shape().dim(1));
    return new TensorSource(
        name, type, weight.shape(), (offset, into) -> update.read(type, offset, into));
  }

  /// The tensor that holds a weight: the adapter's where it saves the module whole, the embedding
  /// for a head that was tied.
  private String stored(String name) {
    if (lora.saves(name)) {
      return LoraConfig.nameOfSaved(name);
    }
    boolean wasTied = name.equals(WeightNames.LM_HEAD) && lora.unties(folder.config());
    return wasTied ? WeightNames.EMBEDDING : name;
  }

  /// Values `first .. first + count - 1` of a stored tensor as f64.
  private void read(String name, long first, long count, MemorySegment to) throws IOException {
    ModelFolder.StoredTensor tensor = folder.tensor(name);
    int bytes = tensor.dtype().bytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stored = arena.allocate(Math.max(8, count * bytes)).asSlice(0, count * bytes);
      tensor.read(first * bytes, stored);
      folder.requireFinite(name, first * bytes, stored);
      StoredFloats.toF64(tensor.dtype(), stored, to.asSlice(0, 8 * count));
    }
  }

  private double[] matrix(String name) throws IOException {
    long count = folder.tensor(name).info().elements();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment wide = arena.allocate(8 * count, 8);
      read(name, 0, count, wide);
      return wide.toArray(ValueLayout.JAVA_DOUBLE);
    }
  }

  /// An adapted weight; A and B are read when its first piece is asked for, and let go with the
  /// last.
  private final class Update {
    private final String name;
    private final int columns;
    private double[] a = {};
    private double[] b = {};

    Update(String name, long columns) {
      this.name = name;
      this.columns = Math.toIntExact(columns);
    }

    void read(SafetensorsDType type, long offset, MemorySegment into) throws IOException {
      if (offset == 0) {
        a = matrix(LoraConfig.nameOfA(name));
        b = matrix(LoraConfig.nameOfB(name));
      }
      long first = offset / type.bytes();
      long count = into.byteSize() / type.bytes();
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment wide = arena.allocate(Math.max(8, 8 * count), 8);
        AdapterMerge.this.read(name, first, count, wide);
        double[] sum = new double[columns];
        for (long i = first; i < first + count; ) {
          int from = (int) (i % columns);
          int to = (int) Math.min(columns, from + first + count - i);
          row(i / columns, from, to, sum);
          for (int j = from; j < to; j++, i++) {
            long at = i - first;
            double w = wide.getAtIndex(ValueLayout.JAVA_DOUBLE, at);
            wide.setAtIndex(ValueLayout.JAVA_DOUBLE, at, w + lora.scale() * sum[j]);
          }
        }
        StoredFloats.fromF64(type, wide.asSlice(0, 8 * count), into);
      }
      if (first + count == (long) b.length / lora.r() * columns) {
        a = new double[0];
        b = new double[0];
      }
    }

    /// Columns `from .. to - 1` of a row of B A.
    private void row(long row, int from, int to, double[] sum) {
      Arrays.fill(sum, from, to, 0);
      for (int k = 0; k < lora.r(); k++) {
        double factor = b[Math.toIntExact(row * lora.r()) + k];
        int o = k * columns;
        for (int j = from; j < to; j++) {
          sum[j] += factor * a[o + j];
        }
      }
    }
  }
}
