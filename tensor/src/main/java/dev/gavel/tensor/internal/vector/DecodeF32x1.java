package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/// One row of x against four panels of f32; see [DecodeBf16x1].
final class DecodeF32x1 {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

  private DecodeF32x1() {}

  /// Writes the sums of 4 panels of `words` words a column to `sums` (panel, row of x, column).
  static void run(
      MemorySegment w0,
      MemorySegment w1,
      MemorySegment w2,
      MemorySegment w3,
      int words,
      float[] x,
      float[] sums) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = FloatVector.zero(F);
    FloatVector c0 = FloatVector.zero(F);
    FloatVector d0 = FloatVector.zero(F);
    FloatVector e0 = FloatVector.zero(F);
    FloatVector f0 = FloatVector.zero(F);
    FloatVector g0 = FloatVector.zero(F);
    FloatVector h0 = FloatVector.zero(F);
    for (int t = 0; t < words; t++) {
      int q = t * 8 * L;
      FloatVector x0 = FloatVector.broadcast(F, x[t]);
      FloatVector a = FloatVector.fromMemorySegment(F, w0, q, LE);
      a0 = a.fma(x0, a0);
      FloatVector b = FloatVector.fromMemorySegment(F, w0, q + 4 * L, LE);
      b0 = b.fma(x0, b0);
      FloatVector c = FloatVector.fromMemorySegment(F, w1, q, LE);
      c0 = c.fma(x0, c0);
      FloatVector d = FloatVector.fromMemorySegment(F, w1, q + 4 * L, LE);
      d0 = d.fma(x0, d0);
      FloatVector e = FloatVector.fromMemorySegment(F, w2, q, LE);
      e0 = e.fma(x0, e0);
      FloatVector f = FloatVector.fromMemorySegment(F, w2, q + 4 * L, LE);
      f0 = f.fma(x0, f0);
      FloatVector g = FloatVector.fromMemorySegment(F, w3, q, LE);
      g0 = g.fma(x0, g0);
      FloatVector h = FloatVector.fromMemorySegment(F, w3, q + 4 * L, LE);
      h0 = h.fma(x0, h0);
    }
    a0.intoArray(sums, 0);
    b0.intoArray(sums, L);
    c0.intoArray(sums, 2 * L);
    d0.intoArray(sums, 3 * L);
    e0.intoArray(sums, 4 * L);
    f0.intoArray(sums, 5 * L);
    g0.intoArray(sums, 6 * L);
    h0.intoArray(sums, 7 * L);
  }
}
