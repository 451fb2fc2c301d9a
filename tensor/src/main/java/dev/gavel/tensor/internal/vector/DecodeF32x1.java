package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/// One row of x against two panels of f32.
final class DecodeF32x1 {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

  private DecodeF32x1() {}

  /// The sums of two panels, the second `next` bytes after the first, for one row of x.
  static void run(MemorySegment w, long at, int next, int words, float[] x, float[] sums, int so) {
    MemorySegment m = w.asSlice(at, next + 4L * COLUMNS * words);
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = FloatVector.zero(F);
    FloatVector c0 = FloatVector.zero(F);
    FloatVector d0 = FloatVector.zero(F);
    for (int t = 0; t < words; t++) {
      int q = t * 8 * L;
      FloatVector a = FloatVector.fromMemorySegment(F, m, q, LE);
      FloatVector b = FloatVector.fromMemorySegment(F, m, q + 4 * L, LE);
      FloatVector c = FloatVector.fromMemorySegment(F, m, next + q, LE);
      FloatVector d = FloatVector.fromMemorySegment(F, m, next + q + 4 * L, LE);
      FloatVector x0 = FloatVector.broadcast(F, x[t]);
      a0 = a.fma(x0, a0);
      b0 = b.fma(x0, b0);
      c0 = c.fma(x0, c0);
      d0 = d.fma(x0, d0);
    }
    a0.intoArray(sums, so);
    b0.intoArray(sums, so + L);
    c0.intoArray(sums, so + 2 * L);
    d0.intoArray(sums, so + 3 * L);
  }
}
