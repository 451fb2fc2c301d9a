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

/// Four rows of x against a panel of bf16 pairs: eight chains of sums in flight.
final class DecodeBf16x4 {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int HIGH = 0xFFFF0000;

  private DecodeBf16x4() {}

  /// The sums of a panel, for 4 rows of x: `x[step * 4 + row]`.
  static void run(MemorySegment w, long at, int words, float[] x, float[] sums, int so) {
    MemorySegment m = w.asSlice(at, 4L * COLUMNS * words);
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = FloatVector.zero(F);
    FloatVector a1 = FloatVector.zero(F);
    FloatVector b1 = FloatVector.zero(F);
    FloatVector a2 = FloatVector.zero(F);
    FloatVector b2 = FloatVector.zero(F);
    FloatVector a3 = FloatVector.zero(F);
    FloatVector b3 = FloatVector.zero(F);
    for (int t = 0; t < words; t++) {
      int q = t * 8 * L;
      IntVector a = IntVector.fromMemorySegment(I, m, q, LE);
      IntVector b = IntVector.fromMemorySegment(I, m, q + 4 * L, LE);
      FloatVector alo = a.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector blo = b.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector x0 = FloatVector.broadcast(F, x[t * 8]);
      a0 = alo.fma(x0, a0);
      b0 = blo.fma(x0, b0);
      FloatVector x1 = FloatVector.broadcast(F, x[t * 8 + 1]);
      a1 = alo.fma(x1, a1);
      b1 = blo.fma(x1, b1);
      FloatVector x2 = FloatVector.broadcast(F, x[t * 8 + 2]);
      a2 = alo.fma(x2, a2);
      b2 = blo.fma(x2, b2);
      FloatVector x3 = FloatVector.broadcast(F, x[t * 8 + 3]);
      a3 = alo.fma(x3, a3);
      b3 = blo.fma(x3, b3);
      FloatVector ahi = a.and(HIGH).reinterpretAsFloats();
      FloatVector bhi = b.and(HIGH).reinterpretAsFloats();
      FloatVector x4 = FloatVector.broadcast(F, x[t * 8 + 4]);
      a0 = ahi.fma(x4, a0);
      b0 = bhi.fma(x4, b0);
      FloatVector x5 = FloatVector.broadcast(F, x[t * 8 + 5]);
      a1 = ahi.fma(x5, a1);
      b1 = bhi.fma(x5, b1);
      FloatVector x6 = FloatVector.broadcast(F, x[t * 8 + 6]);
      a2 = ahi.fma(x6, a2);
      b2 = bhi.fma(x6, b2);
      FloatVector x7 = FloatVector.broadcast(F, x[t * 8 + 7]);
      a3 = ahi.fma(x7, a3);
      b3 = bhi.fma(x7, b3);
    }
    a0.intoArray(sums, so);
    b0.intoArray(sums, so + L);
    a1.intoArray(sums, so + 2 * L);
    b1.intoArray(sums, so + 3 * L);
    a2.intoArray(sums, so + 4 * L);
    b2.intoArray(sums, so + 5 * L);
    a3.intoArray(sums, so + 6 * L);
    b3.intoArray(sums, so + 7 * L);
  }
}
