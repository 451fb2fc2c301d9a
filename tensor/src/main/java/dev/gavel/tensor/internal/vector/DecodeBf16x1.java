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

/// One row of x against two panels of bf16 pairs: four chains of sums in flight, two streams of
/// memory.
final class DecodeBf16x1 {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int HIGH = 0xFFFF0000;

  private DecodeBf16x1() {}

  /// The sums of two panels, the second `next` bytes after the first, for one row of x.
  static void run(MemorySegment w, long at, int next, int words, float[] x, float[] sums, int so) {
    MemorySegment m = w.asSlice(at, next + 4L * COLUMNS * words);
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = FloatVector.zero(F);
    FloatVector c0 = FloatVector.zero(F);
    FloatVector d0 = FloatVector.zero(F);
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
      FloatVector x0 = FloatVector.broadcast(F, x[t * 2]);
      a0 = alo.fma(x0, a0);
      b0 = blo.fma(x0, b0);
      c0 = clo.fma(x0, c0);
      d0 = dlo.fma(x0, d0);
      FloatVector ahi = a.and(HIGH).reinterpretAsFloats();
      FloatVector bhi = b.and(HIGH).reinterpretAsFloats();
      FloatVector chi = c.and(HIGH).reinterpretAsFloats();
      FloatVector dhi = d.and(HIGH).reinterpretAsFloats();
      FloatVector x1 = FloatVector.broadcast(F, x[t * 2 + 1]);
      a0 = ahi.fma(x1, a0);
      b0 = bhi.fma(x1, b0);
      c0 = chi.fma(x1, c0);
      d0 = dhi.fma(x1, d0);
    }
    a0.intoArray(sums, so);
    b0.intoArray(sums, so + L);
    c0.intoArray(sums, so + 2 * L);
    d0.intoArray(sums, so + 3 * L);
  }
}
