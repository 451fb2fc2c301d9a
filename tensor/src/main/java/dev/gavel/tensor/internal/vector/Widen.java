package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.I;
import static dev.gavel.tensor.internal.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// bf16 panels to f32 ones: a bf16 is the upper half of an f32.
final class Widen {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int HIGH = 0xFFFF0000;

  private Widen() {}

  /// `words` rows of a panel of pairs become `2 * words` rows of f32.
  static void pairs(MemorySegment w, long at, int words, float[] dst, int o) {
    MemorySegment m = w.asSlice(at, 4L * words * COLUMNS);
    for (int t = 0; t < words; t++) {
      int q = t * 8 * L;
      IntVector a = IntVector.fromMemorySegment(I, m, q, LE);
      IntVector b = IntVector.fromMemorySegment(I, m, q + 4 * L, LE);
      int to = o + t * 4 * L;
      a.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(dst, to);
      b.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(dst, to + L);
      a.and(HIGH).reinterpretAsFloats().intoArray(dst, to + 2 * L);
      b.and(HIGH).reinterpretAsFloats().intoArray(dst, to + 3 * L);
    }
  }
}
