package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.set;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// RMSNorm over rows of `c` elements: y = x r w with r = 1 / sqrt(mean(x^2) + eps).
///
/// Zhang and Sennrich, "Root Mean Square Layer Normalization", arXiv 1910.07467. A row's bits
/// depend on that row only.
final class NormKernels {
  private NormKernels() {}

  /// Rows `r0 .. r1 - 1` of y, and r[row] at byte `ro`, which the derivative needs. y may be x.
  static void forward(
      MemorySegment x,
      long xo,
      MemorySegment w,
      long wo,
      MemorySegment y,
      long yo,
      MemorySegment r,
      long ro,
      long r0,
      long r1,
      int c,
      float eps) {
    for (long row = r0; row < r1; row++) {
      long from = xo + 4 * row * c;
      float inverse = (float) (1 / Math.sqrt(RowSums.dot(x, from, x, from, c) / c + eps));
      set(r, ro + 4 * row, inverse);
      normalize(x, from, inverse, w, wo, y, yo + 4 * row * c, c);
    }
  }

  private static void normalize(
      MemorySegment x,
      long xo,
      float r,
      MemorySegment w,
      long wo,
      MemorySegment y,
      long yo,
      int c) {
    int j = 0;
    for (int end = c - L; j <= end; j += L) {
      load(x, xo + 4L * j).mul(r).mul(load(w, wo + 4L * j)).intoMemorySegment(y, yo + 4L * j, LE);
    }
    for (; j < c; j++) {
      set(y, yo + 4L * j, get(x, xo + 4L * j) * r * get(w, wo + 4L * j));
    }
  }

  /// With g = gy w: gx = r g - x r^3 mean(g x), and gw += gy x r, row after row.
  ///
  /// @param gx overwritten, or added to if `add`; may be gy
  /// @param gw sums of these rows, added to what is there; whoever divides the rows of a batch into
  ///   parts adds the parts' sums in order
  static void backward(
      MemorySegment x,
      long xo,
      MemorySegment w,
      long wo,
      MemorySegment r,
      long ro,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long gxo,
      boolean add,
      float[] gw,
      long r0,
      long r1,
      int c) {
    for (long row = r0; row < r1; row++) {
      long from = 4 * row * c;
      float inverse = get(r, ro + 4 * row);
      double dot = RowSums.dot3(gy, go + from, w, wo, x, xo + from, c);
      float back = (float) -(dot / c * inverse * inverse * inverse);
      gradient(x, xo + from, inverse, back, w, wo, gy, go + from, gx, gxo + from, add, gw, c);
    }
  }

  private static void gradient(
      MemorySegment x,
      long xo,
      float r,
      float back,
      MemorySegment w,
      long wo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long gxo,
      boolean add,
      float[] gw,
      int c) {
    FloatVector minus = FloatVector.broadcast(F, back);
    int j = 0;
    for (int end = c - L; j <= end; j += L) {
      FloatVector v = load(x, xo + 4L * j);
      FloatVector g = load(gy, go + 4L * j);
      FloatVector out = v.fma(minus, g.mul(load(w, wo + 4L * j)).mul(r));
      (add ? out.add(load(gx, gxo + 4L * j)) : out).intoMemorySegment(gx, gxo + 4L * j, LE);
      g.fma(v.mul(r), FloatVector.fromArray(F, gw, j)).intoArray(gw, j);
    }
    for (; j < c; j++) {
      float v = get(x, xo + 4L * j);
      float g = get(gy, go + 4L * j);
      float out = Math.fma(v, back, g * get(w, wo + 4L * j) * r);
      set(gx, gxo + 4L * j, add ? out + get(gx, gxo + 4L * j) : out);
      gw[j] = Math.fma(g, v * r, gw[j]);
    }
  }
}
