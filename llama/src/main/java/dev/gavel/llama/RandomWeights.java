package dev.gavel.llama;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Rng;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Weights of a model that has learned nothing: normal with the config's `initializer_range`, norms
/// 1. A value is a function of seed, tensor name and place alone.
///
/// @param scaled divide `o_proj` and `down_proj` by sqrt(2 x layers), as GPT-2 does for what is
///   added to the residual stream
public record RandomWeights(LlamaConfig config, long seed, boolean scaled) implements WeightSource {
  private static final long PIECE = 1 << 20;

  @Override
  public DType type(String name) {
    return DType.F32;
  }

  @Override
  public void read(String name, long rows, long columns, Rows to) throws IOException {
    long step = Math.clamp(PIECE / columns, 1, rows);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment buffer = arena.allocate(step * columns * Float.BYTES, 64);
      for (long at = 0; at < rows; at += step) {
        long count = Math.min(step, rows - at);
        fill(name, buffer, at * columns, count * columns);
        to.accept(buffer, at, count);
      }
    }
  }

  private void fill(String name, MemorySegment to, long first, long count) {
    if (name.contains("norm")) {
      for (long i = 0; i < count; i++) {
        to.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
      }
      return;
    }
    double std = config.initializerRange();
    if (scaled && (name.contains("o_proj") || name.contains("down_proj"))) {
      std /= Math.sqrt(2.0 * config.numHiddenLayers());
    }
    long stream = Rng.stream(name);
    for (long i = 0; i < count; i++) {
      double x = Rng.normal(seed, stream, first + i);
      to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (std * x));
    }
  }
}
