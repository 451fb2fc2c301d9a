package dev.gavel.tensor.internal.vector;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Transposes blocks of 8 by 8 values in registers: three rounds that swap 1, 2 and 4 lanes of
/// pairs of rows. Written out, because C2 boxes vectors that go through helper methods of this
/// size.
final class Transpose {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_256;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

  private static final VectorShuffle<Float> X1 = VectorShuffle.fromOp(S, i -> i ^ 1);
  private static final VectorShuffle<Float> X2 = VectorShuffle.fromOp(S, i -> i ^ 2);
  private static final VectorShuffle<Float> X4 = VectorShuffle.fromOp(S, i -> i ^ 4);
  private static final VectorMask<Float> M1 = VectorMask.fromLong(S, 0b10101010);
  private static final VectorMask<Float> M2 = VectorMask.fromLong(S, 0b11001100);
  private static final VectorMask<Float> M4 = VectorMask.fromLong(S, 0b11110000);

  private Transpose() {}

  /// Rows 0..`last` of the stored rows at `start` (`row` bytes apart; later ones repeat the last)
  /// become columns: `dst[o + p * width + r]` is value `p` of row `r`, for `p` below `kc`, a
  /// multiple of 8.
  static void lines8(
      MemorySegment s, long start, long row, int last, int kc, float[] dst, int o, int width) {
    long r1 = start + Math.min(1, last) * row;
    long r2 = start + Math.min(2, last) * row;
    long r3 = start + Math.min(3, last) * row;
    long r4 = start + Math.min(4, last) * row;
    long r5 = start + Math.min(5, last) * row;
    long r6 = start + Math.min(6, last) * row;
    long r7 = start + Math.min(7, last) * row;
    for (int p = 0; p < kc; p += 8) {
      long q = 4L * p;
      FloatVector a = FloatVector.fromMemorySegment(S, s, start + q, LE);
      FloatVector b = FloatVector.fromMemorySegment(S, s, r1 + q, LE);
      FloatVector c = FloatVector.fromMemorySegment(S, s, r2 + q, LE);
      FloatVector d = FloatVector.fromMemorySegment(S, s, r3 + q, LE);
      FloatVector e = FloatVector.fromMemorySegment(S, s, r4 + q, LE);
      FloatVector f = FloatVector.fromMemorySegment(S, s, r5 + q, LE);
      FloatVector g = FloatVector.fromMemorySegment(S, s, r6 + q, LE);
      FloatVector h = FloatVector.fromMemorySegment(S, s, r7 + q, LE);

      FloatVector a1 = a.blend(b.rearrange(X1), M1);
      FloatVector b1 = a.rearrange(X1).blend(b, M1);
      FloatVector c1 = c.blend(d.rearrange(X1), M1);
      FloatVector d1 = c.rearrange(X1).blend(d, M1);
      FloatVector e1 = e.blend(f.rearrange(X1), M1);
      FloatVector f1 = e.rearrange(X1).blend(f, M1);
      FloatVector g1 = g.blend(h.rearrange(X1), M1);
      FloatVector h1 = g.rearrange(X1).blend(h, M1);

      FloatVector a2 = a1.blend(c1.rearrange(X2), M2);
      FloatVector c2 = a1.rearrange(X2).blend(c1, M2);
      FloatVector b2 = b1.blend(d1.rearrange(X2), M2);
      FloatVector d2 = b1.rearrange(X2).blend(d1, M2);
      FloatVector e2 = e1.blend(g1.rearrange(X2), M2);
      FloatVector g2 = e1.rearrange(X2).blend(g1, M2);
      FloatVector f2 = f1.blend(h1.rearrange(X2), M2);
      FloatVector h2 = f1.rearrange(X2).blend(h1, M2);

      int w = o + p * width;
      a2.blend(e2.rearrange(X4), M4).intoArray(dst, w);
      b2.blend(f2.rearrange(X4), M4).intoArray(dst, w + width);
      c2.blend(g2.rearrange(X4), M4).intoArray(dst, w + 2 * width);
      d2.blend(h2.rearrange(X4), M4).intoArray(dst, w + 3 * width);
      a2.rearrange(X4).blend(e2, M4).intoArray(dst, w + 4 * width);
      b2.rearrange(X4).blend(f2, M4).intoArray(dst, w + 5 * width);
      c2.rearrange(X4).blend(g2, M4).intoArray(dst, w + 6 * width);
      d2.rearrange(X4).blend(h2, M4).intoArray(dst, w + 7 * width);
    }
  }
}
