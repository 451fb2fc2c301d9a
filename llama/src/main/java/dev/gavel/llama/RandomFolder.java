package dev.gavel.llama;

import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.GenerationConfig;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.tensor.io.Halves;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Streams [RandomWeights] into a Hugging Face folder: pieces of a tensor are drawn by several
/// threads, and no more than a few of them are ever in memory.
public final class RandomFolder {
  /// Values that a thread draws at a time.
  private static final int PIECE = 1 << 18;

  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort I16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final RandomWeights weights;
  private final SafetensorsDType dtype;
  private final ExecutorService threads;
  private final ThreadLocal<float[]> drawn = ThreadLocal.withInitial(() -> new float[PIECE]);

  private RandomFolder(RandomWeights weights, ExecutorService threads) {
    this.weights = weights;
    this.dtype = weights.config().dtype();
    this.threads = threads;
  }

  /// Writes weights of the config's dtype, the configs, and the tokenizer's files of another
  /// folder. A generation config is written for a causal LM whose config names ids that end a text.
  public static void write(RandomWeights weights, Path dir, Optional<Path> tokenizer, int threads)
      throws IOException {
    LlamaConfig config = weights.config();
    boolean ends =
        config.architecture() == Architecture.CAUSAL_LM && !config.eosTokenIds().isEmpty();
    Optional<GenerationConfig> generation =
        ends ? Optional.of(GenerationConfig.of(config.eosTokenIds())) : Optional.empty();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      RandomFolder folder = new RandomFolder(weights, pool);
      List<TensorSource> sources = WeightNames.of(config).stream().map(folder::source).toList();
      ModelFolder.save(dir, config, generation, sources, tokenizer);
    }
  }

  private TensorSource source(WeightNames.Weight weight) {
    return new TensorSource(
        weight.name(),
        dtype,
        weight.shape(),
        (offset, into) -> fill(weight.name(), offset / dtype.bytes(), into));
  }

  private void fill(String name, long first, MemorySegment into) throws IOException {
    long count = into.byteSize() / dtype.bytes();
    List<Future<?>> parts = new ArrayList<>();
    for (long at = 0; at < count; at += PIECE) {
      int n = (int) Math.min(PIECE, count - at);
      long from = at;
      MemorySegment part = into.asSlice(at * dtype.bytes(), (long) n * dtype.bytes());
      parts.add(threads.submit(() -> draw(name, first + from, n, part)));
    }
    for (Future<?> part : parts) {
      join(part);
    }
  }

  private void draw(String name, long first, int count, MemorySegment to) {
    float[] values = drawn.get();
    weights.fill(name, first, values, count);
    for (int i = 0; i < count; i++) {
      switch (dtype) {
        case F32 -> to.set(F32, 4L * i, values[i]);
        case BF16 -> to.set(I16, 2L * i, Halves.f32ToBf16(values[i]));
        case F16 -> to.set(I16, 2L * i, Halves.f32ToF16(values[i]));
        case F64 -> to.set(F64, 8L * i, values[i]);
        default -> throw new IllegalArgumentException("weights are not stored as " + dtype);
      }
    }
  }

  private static void join(Future<?> part) throws IOException {
    try {
      part.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("drawing random weights failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while drawing random weights", e);
    }
  }
}
