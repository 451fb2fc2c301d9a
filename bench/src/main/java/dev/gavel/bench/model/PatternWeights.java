package dev.gavel.bench.model;

import dev.gavel.llama.WeightSource;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.io.Halves;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/// bf16 weights that come as fast as memory: one piece of noise of standard deviation 0.02, over
/// and over; norms are 1. For benches of speed, which do not look at what is said.
record PatternWeights() implements WeightSource {
  private static final int PIECE = 1 << 21;

  @Override
  public DType type(String name) {
    return DType.BF16;
  }

  @Override
  public void read(String name, long rows, long columns, Rows to) throws IOException {
    boolean norm = name.contains("norm");
    SplittableRandom random = new SplittableRandom(1);
    double width = 0.02 * Math.sqrt(3);
    long step = Math.clamp(PIECE / columns, 1, rows);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment piece = arena.allocate(2 * step * columns, 64);
      for (long i = 0; i < step * columns; i++) {
        float value = norm ? 1 : (float) random.nextDouble(-width, width);
        piece.setAtIndex(ValueLayout.JAVA_SHORT, i, Halves.f32ToBf16(value));
      }
      for (long at = 0; at < rows; at += step) {
        to.accept(piece, at, Math.min(step, rows - at));
      }
    }
  }
}
