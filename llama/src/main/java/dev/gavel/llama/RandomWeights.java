package dev.gavel.llama;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Rng;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Weights of a model that has learned nothing: normal with the config's `initializer_range`, norms
/// 1. A value is a function of seed, tensor name and place alone: [Rng#normals] on the stream of
///    the name, rounded to f32.
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
    float[] values = new float[Math.toIntExact(step * columns)];
    try (Arena arena = Arena.ofShared()) {
      MemorySegment buffer = arena.allocate(step * columns * Float.BYTES, 64);
      for (long at = 0; at < rows; at += step) {
        int count = (int) Math.min(step, rows - at);
        int n = (int) (count * columns);
        fill(name, at * columns, values, n);
        MemorySegment.copy(values, 0, buffer, ValueLayout.JAVA_FLOAT, 0, n);
        to.accept(buffer, at, count);
      }
    }
  }

  /// The values `first .. first + count - 1` of a tensor.
  void fill(String name, long first, float[] to, int count) {
    if (name.contains("norm")) {
      Arrays.fill(to, 0, count, 1);
      return;
    }
    double deviation = config.initializerRange();
    if (scaled && (name.contains("o_proj") || name.contains("down_proj"))) {
      deviation /= Math.sqrt(2.0 * config.numHiddenLayers());
    }
    Rng.normals(seed, Rng.stream(name), first, deviation, to, count);
  }
}
