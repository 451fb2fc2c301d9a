package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.ROUND;
import static dev.gavel.tensor.internal.vector.Lanes.tail;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The running softmax of [AttentionTile], in passes over rows of [AttentionProducts#KEYS] scores.
///
/// One pass for each step, not one row after the other: a row is a chain of dependent instructions
/// (maximum, exponential, sum), and only other rows can fill the gaps in it.
final class AttentionSoftmax {
  private AttentionSoftmax() {}

  /// Hidden scores of a row become -inf in the last round that has one of its `n` visible ones, and
  /// 0 behind that round.
  static void hide(float[] s, int at, int n) {
    int j = at + (n & -ROUND);
    for (int i = 0; i < ROUND && n % ROUND > 0; i += L, j += L) {
      VectorMask<Float> seen = tail(i, n % ROUND);
      FloatVector.fromArray(F, s, j).blend(Float.NEGATIVE_INFINITY, seen.not()).intoArray(s, j);
    }
    for (; j < at + KEYS; j += L) {
      FloatVector.zero(F).intoArray(s, j);
    }
  }

  /// The largest of the `n` scores from index `at` on, the rest of their last round being -inf.
  static float largest(float[] s, int at, int n) {
    FloatVector m = FloatVector.fromArray(F, s, at);
    for (int j = L; j < n; j += L) {
      FloatVector x = FloatVector.fromArray(F, s, at + j);
      m = m.blend(x, x.compare(VectorOperators.GT, m));
    }
    return Lanes.max(m);
  }

  /// x = exp(x) for whole vectors that hold `n` elements.
  static void exp(float[] x, int n) {
    for (int j = 0; j < n; j += L) {
      VectorMath.exp(FloatVector.fromArray(F, x, j)).intoArray(x, j);
    }
  }

  /// s = exp(s - shift) for the whole rounds that hold `n` elements from index `at` on.
  static void exp(float[] s, int at, int n, float shift) {
    int end = at + ((n + ROUND - 1) & -ROUND);
    for (int j = at; j < end; j += L) {
      VectorMath.exp(FloatVector.fromArray(F, s, j).sub(shift)).intoArray(s, j);
    }
  }

  /// The sum of these elements, in the shape of [Lanes].
  static float sum(float[] s, int at, int n) {
    FloatVector strip = strip(s, at, n);
    return Lanes.fold(L < 8 ? strip.add(strip(s, at + L, n)) : strip);
  }

  private static FloatVector strip(float[] s, int at, int n) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = a;
    for (int i = 0; i < n; i += ROUND) {
      a = a.add(FloatVector.fromArray(F, s, at + i));
      if (L <= 8) {
        b = b.add(FloatVector.fromArray(F, s, at + i + 8));
      }
    }
    return a.add(b);
  }

  /// The same three for a whole row: loops of fixed length are unrolled away.
  static float largest(float[] s, int at) {
    FloatVector m = FloatVector.fromArray(F, s, at);
    for (int j = L; j < KEYS; j += L) {
      FloatVector x = FloatVector.fromArray(F, s, at + j);
      m = m.blend(x, x.compare(VectorOperators.GT, m));
    }
    return Lanes.max(m);
  }

  static void exp(float[] s, int at, float shift) {
    for (int j = 0; j < KEYS; j += L) {
      VectorMath.exp(FloatVector.fromArray(F, s, at + j).sub(shift)).intoArray(s, at + j);
    }
  }

  static void scale(float[] a, int from, int n, float factor) {
    for (int j = from; j < from + n; j += L) {
      FloatVector.fromArray(F, a, j).mul(factor).intoArray(a, j);
    }
  }
}
