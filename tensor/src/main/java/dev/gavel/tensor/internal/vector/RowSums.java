package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.ROUND;
import static dev.gavel.tensor.internal.vector.Lanes.fold;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.tail;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Sums and maxima over a row of `n` floats. A row is cut into blocks; a block is summed in float,
/// in the shape that [Lanes] fixes, and the blocks are added in order in double, so that long rows
/// (a vocabulary) lose no accuracy.
///
/// The lanes above 7 live in the second vector of a strip; a vector of 16 needs none, a vector of 4
/// needs two strips. What is behind the row's end enters as 0, which changes no sum.
final class RowSums {
  /// Elements summed in float.
  static final int BLOCK = 4096;

  private static final int HALF = ROUND / 2;

  private RowSums() {}

  static double sum(MemorySegment x, long xo, int n) {
    double total = 0;
    for (int i = 0; i < n; i += BLOCK) {
      int m = Math.min(BLOCK, n - i);
      long at = 4L * i;
      FloatVector strip = sumStrip(x, xo + at, m, 0);
      total += fold(L < HALF ? strip.add(sumStrip(x, xo + at, m, L)) : strip);
    }
    return total;
  }

  static double dot(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
    double total = 0;
    for (int i = 0; i < n; i += BLOCK) {
      int m = Math.min(BLOCK, n - i);
      long at = 4L * i;
      FloatVector strip = dotStrip(x, xo + at, y, yo + at, m, 0);
      total += fold(L < HALF ? strip.add(dotStrip(x, xo + at, y, yo + at, m, L)) : strip);
    }
    return total;
  }

  /// Sum of x y z, each term as (x y) z.
  static double dot3(
      MemorySegment x, long xo, MemorySegment y, long yo, MemorySegment z, long zo, int n) {
    double total = 0;
    for (int i = 0; i < n; i += BLOCK) {
      int m = Math.min(BLOCK, n - i);
      long at = 4L * i;
      FloatVector strip = dot3Strip(x, xo + at, y, yo + at, z, zo + at, m, 0);
      total +=
          fold(L < HALF ? strip.add(dot3Strip(x, xo + at, y, yo + at, z, zo + at, m, L)) : strip);
    }
    return total;
  }

  /// The largest element, as +0 if it is a zero; -inf for an empty row. NaN never wins.
  static float max(MemorySegment x, long xo, int n) {
    FloatVector a = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    FloatVector b = a;
    int i = 0;
    for (int end = n - 2 * L; i <= end; i += 2 * L) {
      FloatVector u = load(x, xo + 4L * i);
      FloatVector v = load(x, xo + 4L * (i + L));
      a = a.blend(u, u.compare(VectorOperators.GT, a));
      b = b.blend(v, v.compare(VectorOperators.GT, b));
    }
    a = a.blend(b, b.compare(VectorOperators.GT, a));
    for (; i < n; i += L) {
      VectorMask<Float> m = tail(0, n - i);
      FloatVector u = load(x, xo + 4L * i, m);
      a = a.blend(u, u.compare(VectorOperators.GT, a, m));
    }
    return a.reduceLanes(VectorOperators.MAX) + 0f;
  }

  private static FloatVector sumStrip(MemorySegment x, long xo, int n, int lane) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = a;
    int i = lane;
    for (int end = lane + (n & -ROUND); i < end; i += ROUND) {
      a = a.add(load(x, xo + 4L * i));
      if (L <= HALF) {
        b = b.add(load(x, xo + 4L * (i + HALF)));
      }
    }
    int rest = n % ROUND;
    if (rest > lane) {
      a = a.add(load(x, xo + 4L * i, tail(lane, rest)));
      if (L <= HALF && rest > lane + HALF) {
        b = b.add(load(x, xo + 4L * (i + HALF), tail(lane + HALF, rest)));
      }
    }
    return a.add(b);
  }

  private static FloatVector dotStrip(
      MemorySegment x, long xo, MemorySegment y, long yo, int n, int lane) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = a;
    int i = lane;
    for (int end = lane + (n & -ROUND); i < end; i += ROUND) {
      a = load(x, xo + 4L * i).fma(load(y, yo + 4L * i), a);
      if (L <= HALF) {
        b = load(x, xo + 4L * (i + HALF)).fma(load(y, yo + 4L * (i + HALF)), b);
      }
    }
    int rest = n % ROUND;
    if (rest > lane) {
      VectorMask<Float> m = tail(lane, rest);
      a = load(x, xo + 4L * i, m).fma(load(y, yo + 4L * i, m), a);
      if (L <= HALF && rest > lane + HALF) {
        m = tail(lane + HALF, rest);
        b = load(x, xo + 4L * (i + HALF), m).fma(load(y, yo + 4L * (i + HALF), m), b);
      }
    }
    return a.add(b);
  }

  private static FloatVector dot3Strip(
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo,
      MemorySegment z,
      long zo,
      int n,
      int lane) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = a;
    int i = lane;
    for (int end = lane + (n & -ROUND); i < end; i += ROUND) {
      a = load(x, xo + 4L * i).mul(load(y, yo + 4L * i)).fma(load(z, zo + 4L * i), a);
      if (L <= HALF) {
        long o = 4L * (i + HALF);
        b = load(x, xo + o).mul(load(y, yo + o)).fma(load(z, zo + o), b);
      }
    }
    int rest = n % ROUND;
    if (rest > lane) {
      VectorMask<Float> m = tail(lane, rest);
      long o = 4L * i;
      a = load(x, xo + o, m).mul(load(y, yo + o, m)).fma(load(z, zo + o, m), a);
      if (L <= HALF && rest > lane + HALF) {
        m = tail(lane + HALF, rest);
        o = 4L * (i + HALF);
        b = load(x, xo + o, m).mul(load(y, yo + o, m)).fma(load(z, zo + o, m), b);
      }
    }
    return a.add(b);
  }
}
