package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.I32;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.set;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Reductions over rows of `c` elements, and the gradient of cross entropy. A row's bits depend on
/// that row only. Methods over `r0 .. r1 - 1` take tensors that begin at the given bytes; methods
/// without them take the first byte of one row.
final class RowKernels {
  private RowKernels() {}

  /// y[row] = sum of x[row].
  static void sum(MemorySegment x, long xo, MemorySegment y, long yo, long r0, long r1, int c) {
    for (long r = r0; r < r1; r++) {
      set(y, yo + 4 * r, (float) RowSums.sum(x, xo + 4 * r * c, c));
    }
  }

  /// y[row] = largest element of x[row] (-inf for c = 0; NaN never wins), index[row] (i32) = the
  /// first position that holds it.
  static void max(
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo,
      MemorySegment index,
      long io,
      long r0,
      long r1,
      int c) {
    for (long r = r0; r < r1; r++) {
      float max = RowSums.max(x, xo + 4 * r * c, c);
      set(y, yo + 4 * r, max);
      int first = indexOf(x, xo + 4 * r * c, c, max);
      index.set(I32, io + 4 * r, first < c ? first : 0);
    }
  }

  /// First index of `value` among the `c` elements at byte `xo`; `c` if there is none.
  static int indexOf(MemorySegment x, long xo, int c, float value) {
    int j = 0;
    for (int end = c - L; j <= end; j += L) {
      VectorMask<Float> m = load(x, xo + 4L * j).compare(VectorOperators.EQ, value);
      if (m.anyTrue()) {
        return j + m.firstTrue();
      }
    }
    for (; j < c; j++) {
      if (get(x, xo + 4L * j) == value) {
        return j;
      }
    }
    return c;
  }

  /// Turns one row of logits into the gradient of `scale` times its cross entropy with `target`:
  /// (exp(x - lse) - [j = target]) scale.
  static void crossEntropyGradient(
      MemorySegment x, long xo, int c, int target, float lse, float scale) {
    float before = get(x, xo + 4L * target);
    int j = 0;
    for (int end = c - L; j <= end; j += L) {
      FloatVector e = VectorMath.exp(load(x, xo + 4L * j).sub(lse));
      e.mul(scale).intoMemorySegment(x, xo + 4L * j, LE);
    }
    for (; j < c; j++) {
      set(x, xo + 4L * j, ScalarMath.exp(get(x, xo + 4L * j) - lse) * scale);
    }
    set(x, xo + 4L * target, (ScalarMath.exp(before - lse) - 1f) * scale);
  }

  /// sums[j] += x[row, j], row after row. Whoever divides a batch into parts (of a fixed number of
  /// rows) adds the parts' sums in order.
  static void columnSum(MemorySegment x, long xo, float[] sums, long r0, long r1, int c) {
    for (long r = r0; r < r1; r++) {
      addRow(x, xo + 4 * r * c, sums, c);
    }
  }

  private static void addRow(MemorySegment x, long xo, float[] sums, int c) {
    int j = 0;
    for (int end = c - L; j <= end; j += L) {
      FloatVector.fromArray(F, sums, j).add(load(x, xo + 4L * j)).intoArray(sums, j);
    }
    for (; j < c; j++) {
      sums[j] += get(x, xo + 4L * j);
    }
  }

  /// y[j] += sums[j]: how a part's sums enter the result.
  static void addSums(float[] sums, MemorySegment y, long yo, int c) {
    int j = 0;
    for (int end = c - L; j <= end; j += L) {
      load(y, yo + 4L * j)
          .add(FloatVector.fromArray(F, sums, j))
          .intoMemorySegment(y, yo + 4L * j, LE);
    }
    for (; j < c; j++) {
      set(y, yo + 4L * j, get(y, yo + 4L * j) + sums[j]);
    }
  }
}
