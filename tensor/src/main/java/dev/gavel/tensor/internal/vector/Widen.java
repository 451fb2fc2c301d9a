package dev.gavel.tensor.internal.vector;

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

  /// `words` rows of a panel of pairs, from byte `from`, become `2 * words` rows of f32.
  static void pairs(MemorySegment panel, int from, int words, float[] dst, int o) {
    for (int t = 0; t < words; t++) {
      int q = from + t * 8 * L;
      IntVector a = IntVector.fromMemorySegment(I, panel, q, LE);
      IntVector b = IntVector.fromMemorySegment(I, panel, q + 4 * L, LE);
      int to = o + t * 4 * L;
      a.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(dst, to);
      b.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(dst, to + L);
      a.and(HIGH).reinterpretAsFloats().intoArray(dst, to + 2 * L);
      b.and(HIGH).reinterpretAsFloats().intoArray(dst, to + 3 * L);
    }
  }
}
