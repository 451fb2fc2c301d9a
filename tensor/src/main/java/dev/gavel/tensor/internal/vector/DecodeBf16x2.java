package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.I;
import static dev.gavel.tensor.internal.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Two rows of x against two panels of bf16 pairs.
final class DecodeBf16x2 {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int HIGH = 0xFFFF0000;

  private DecodeBf16x2() {}

  /// The sums of two panels, the second `next` bytes after the first, for 2 rows of x: `x[step * 2
  /// + row]`.
  static void run(MemorySegment w, long at, int next, int words, float[] x, float[] sums, int so) {
    MemorySegment m = w.asSlice(at, next + 4L * COLUMNS * words);
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = FloatVector.zero(F);
    FloatVector c0 = FloatVector.zero(F);
    FloatVector d0 = FloatVector.zero(F);
    FloatVector a1 = FloatVector.zero(F);
    FloatVector b1 = FloatVector.zero(F);
    FloatVector c1 = FloatVector.zero(F);
    FloatVector d1 = FloatVector.zero(F);
    for (int t = 0; t < words; t++) {
      int q = t * 8 * L;
      IntVector a = IntVector.fromMemorySegment(I, m, q, LE);
      IntVector b = IntVector.fromMemorySegment(I, m, q + 4 * L, LE);
      IntVector c = IntVector.fromMemorySegment(I, m, next + q, LE);
      IntVector d = IntVector.fromMemorySegment(I, m, next + q + 4 * L, LE);
      FloatVector alo = a.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector blo = b.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector clo = c.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector dlo = d.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector x0 = FloatVector.broadcast(F, x[t * 4]);
      a0 = alo.fma(x0, a0);
      b0 = blo.fma(x0, b0);
      c0 = clo.fma(x0, c0);
      d0 = dlo.fma(x0, d0);
      FloatVector x1 = FloatVector.broadcast(F, x[t * 4 + 1]);
      a1 = alo.fma(x1, a1);
      b1 = blo.fma(x1, b1);
      c1 = clo.fma(x1, c1);
      d1 = dlo.fma(x1, d1);
      FloatVector ahi = a.and(HIGH).reinterpretAsFloats();
      FloatVector bhi = b.and(HIGH).reinterpretAsFloats();
      FloatVector chi = c.and(HIGH).reinterpretAsFloats();
      FloatVector dhi = d.and(HIGH).reinterpretAsFloats();
      FloatVector x2 = FloatVector.broadcast(F, x[t * 4 + 2]);
      a0 = ahi.fma(x2, a0);
      b0 = bhi.fma(x2, b0);
      c0 = chi.fma(x2, c0);
      d0 = dhi.fma(x2, d0);
      FloatVector x3 = FloatVector.broadcast(F, x[t * 4 + 3]);
      a1 = ahi.fma(x3, a1);
      b1 = bhi.fma(x3, b1);
      c1 = chi.fma(x3, c1);
      d1 = dhi.fma(x3, d1);
    }
    a0.intoArray(sums, so);
    b0.intoArray(sums, so + L);
    a1.intoArray(sums, so + 2 * L);
    b1.intoArray(sums, so + 3 * L);
    c0.intoArray(sums, so + 4 * L);
    d0.intoArray(sums, so + 5 * L);
    c1.intoArray(sums, so + 6 * L);
    d1.intoArray(sums, so + 7 * L);
  }
}
