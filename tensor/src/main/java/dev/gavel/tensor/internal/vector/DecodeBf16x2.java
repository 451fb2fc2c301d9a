package dev.gavel.tensor.internal.vector;

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

  /// Writes the sums of 2 panels of `words` words a column to `sums` (panel, row of x, column).
  static void run(MemorySegment w0, MemorySegment w1, int words, float[] x, float[] sums) {
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
      FloatVector x0 = FloatVector.broadcast(F, x[t * 4]);
      FloatVector x1 = FloatVector.broadcast(F, x[t * 4 + 1]);
      FloatVector x2 = FloatVector.broadcast(F, x[t * 4 + 2]);
      FloatVector x3 = FloatVector.broadcast(F, x[t * 4 + 3]);
      IntVector a = IntVector.fromMemorySegment(I, w0, q, LE);
      FloatVector al = a.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector ah = a.and(HIGH).reinterpretAsFloats();
      a0 = ah.fma(x2, al.fma(x0, a0));
      a1 = ah.fma(x3, al.fma(x1, a1));
      IntVector b = IntVector.fromMemorySegment(I, w0, q + 4 * L, LE);
      FloatVector bl = b.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector bh = b.and(HIGH).reinterpretAsFloats();
      b0 = bh.fma(x2, bl.fma(x0, b0));
      b1 = bh.fma(x3, bl.fma(x1, b1));
      IntVector c = IntVector.fromMemorySegment(I, w1, q, LE);
      FloatVector cl = c.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector ch = c.and(HIGH).reinterpretAsFloats();
      c0 = ch.fma(x2, cl.fma(x0, c0));
      c1 = ch.fma(x3, cl.fma(x1, c1));
      IntVector d = IntVector.fromMemorySegment(I, w1, q + 4 * L, LE);
      FloatVector dl = d.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector dh = d.and(HIGH).reinterpretAsFloats();
      d0 = dh.fma(x2, dl.fma(x0, d0));
      d1 = dh.fma(x3, dl.fma(x1, d1));
    }
    a0.intoArray(sums, 0);
    b0.intoArray(sums, L);
    a1.intoArray(sums, 2 * L);
    b1.intoArray(sums, 3 * L);
    c0.intoArray(sums, 4 * L);
    d0.intoArray(sums, 5 * L);
    c1.intoArray(sums, 6 * L);
    d1.intoArray(sums, 7 * L);
  }
}
