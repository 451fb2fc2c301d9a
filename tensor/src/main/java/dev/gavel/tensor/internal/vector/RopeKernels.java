package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.I32;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.tail;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Rotary position embedding of x[T, H, D], halves rotated against each other as Llama does:
///
///     y[j]         = x[j] cos[p, j] - x[j + D/2] sin[p, j]
///     y[j + D/2]   = x[j + D/2] cos[p, j] + x[j] sin[p, j]      for j < D/2
///
/// Su et al., "RoFormer", arXiv 2104.09864.
final class RopeKernels {
  /// Tables [positions, D/2] of cosines and sines.
  record Tables(MemorySegment cos, long cosOffset, MemorySegment sin, long sinOffset) {}

  private RopeKernels() {}

  /// Tokens `t0 .. t1 - 1`; the position of token t is the i32 at byte `po + 4 t`. y may be x.
  ///
  /// @param inverse rotate back: the derivative
  static void rotate(
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo,
      MemorySegment positions,
      long po,
      Tables tables,
      long t0,
      long t1,
      int heads,
      int d,
      boolean inverse) {
    long rowBytes = 2L * d;
    for (long t = t0; t < t1; t++) {
      long table = positions.get(I32, po + 4 * t) * rowBytes;
      long cos = tables.cosOffset + table;
      long sin = tables.sinOffset + table;
      for (int h = 0; h < heads; h++) {
        long o = 4 * (t * heads + h) * d;
        head(x, xo + o, y, yo + o, tables.cos, cos, tables.sin, sin, d / 2, inverse);
      }
    }
  }

  private static void head(
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo,
      MemorySegment cos,
      long co,
      MemorySegment sin,
      long so,
      int half,
      boolean inverse) {
    int j = 0;
    for (int end = half - L; j <= end; j += L) {
      long o = 4L * j;
      FloatVector a = load(x, xo + o);
      FloatVector b = load(x, xo + o + 4L * half);
      FloatVector c = load(cos, co + o);
      FloatVector s = load(sin, so + o);
      s = inverse ? s.neg() : s;
      a.fma(c, b.mul(s).neg()).intoMemorySegment(y, yo + o, LE);
      b.fma(c, a.mul(s)).intoMemorySegment(y, yo + o + 4L * half, LE);
    }
    if (j < half) {
      VectorMask<Float> m = tail(0, half - j);
      long o = 4L * j;
      FloatVector a = load(x, xo + o, m);
      FloatVector b = load(x, xo + o + 4L * half, m);
      FloatVector c = load(cos, co + o, m);
      FloatVector s = load(sin, so + o, m);
      s = inverse ? s.neg() : s;
      a.fma(c, b.mul(s).neg()).intoMemorySegment(y, yo + o, LE, m);
      b.fma(c, a.mul(s)).intoMemorySegment(y, yo + o + 4L * half, LE, m);
    }
  }
}
