package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.ROUND;
import static dev.gavel.tensor.internal.vector.Lanes.tail;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The running softmax of [AttentionTile] over a block of rows of [AttentionProducts#KEYS] scores.
///
/// One pass over the rows for each step, not one row after the other: a row is a chain of dependent
/// instructions (maximum, exponential, sum), and only other rows can fill the gaps in it. Hidden
/// scores are -inf, so that loops have a fixed length and are unrolled away.
final class AttentionSoftmax {
  private final float[] now;
  private final float[] shrink;
  private final float[] part;

  /// @param rows capacity
  AttentionSoftmax(int rows) {
    now = new float[rows];
    shrink = new float[rows + ROUND];
    part = new float[rows];
  }

  /// Turns the scores of `rows` rows into exp(score - new maximum), 0 for hidden keys, and brings
  /// the rows' maxima and sums to date.
  ///
  /// @param seen how many keys each row sees, the first ones; what stands behind them is ignored
  /// @param max maximum of each row so far, from index `r0` on; -inf before the first page
  /// @param sum sum of each row so far, likewise
  void apply(float[] scores, int rows, int[] seen, float[] max, float[] sum, int r0) {
    for (int r = 0; r < rows; r++) {
      if (seen[r] < KEYS) {
        hide(scores, r * KEYS, seen[r]);
      }
    }
    maxima(scores, rows, max, r0, now);
    for (int r = 0; r < rows; r++) {
      // a row that has seen no key yet has no maximum to come from
      shrink[r] = seen[r] == 0 ? 0f : max[r0 + r] - now[r];
    }
    for (int r = 0; r < rows; r += L) {
      VectorMath.exp(FloatVector.fromArray(F, shrink, r)).intoArray(shrink, r);
    }
    exponentials(scores, rows, seen, now);
    sums(scores, rows, part);
    for (int r = 0; r < rows; r++) {
      sum[r0 + r] = Math.fma(sum[r0 + r], shrink[r], part[r]);
      max[r0 + r] = now[r];
    }
  }

  /// What sums of row `r` from before must be multiplied with.
  float shrink(int r) {
    return shrink[r];
  }

  private static void hide(float[] s, int at, int n) {
    int j = at + n / L * L;
    if (n % L > 0) {
      FloatVector x = FloatVector.fromArray(F, s, j);
      x.blend(Float.NEGATIVE_INFINITY, tail(0, n % L).not()).intoArray(s, j);
      j += L;
    }
    for (; j < at + KEYS; j += L) {
      FloatVector.broadcast(F, Float.NEGATIVE_INFINITY).intoArray(s, j);
    }
  }

  private static void maxima(float[] s, int rows, float[] old, int o, float[] now) {
    for (int r = 0, at = 0; r < rows; r++, at += KEYS) {
      FloatVector m = FloatVector.fromArray(F, s, at);
      for (int j = L; j < KEYS; j += L) {
        FloatVector x = FloatVector.fromArray(F, s, at + j);
        m = m.blend(x, x.compare(VectorOperators.GT, m));
      }
      now[r] = Math.max(old[o + r], Lanes.max(m));
    }
  }

  private static void exponentials(float[] s, int rows, int[] seen, float[] now) {
    for (int r = 0, at = 0; r < rows; r++, at += KEYS) {
      if (seen[r] > 0) {
        exp(s, at, now[r]);
      } else {
        Arrays.fill(s, at, at + KEYS, 0f);
      }
    }
  }

  /// Stores and returns nothing: C2 boxes vectors that methods of this size return.
  private static void exp(float[] s, int at, float shift) {
    for (int j = 0; j < KEYS; j += L) {
      VectorMath.exp(FloatVector.fromArray(F, s, at + j).sub(shift)).intoArray(s, at + j);
    }
  }

  /// The sum of each row, in the shape of [Lanes].
  private static void sums(float[] s, int rows, float[] part) {
    for (int r = 0, at = 0; r < rows; r++, at += KEYS) {
      FloatVector a = FloatVector.zero(F);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int j = 0; j < KEYS; j += ROUND) {
        a = a.add(FloatVector.fromArray(F, s, at + j));
        if (L <= 8) {
          b = b.add(FloatVector.fromArray(F, s, at + j + 8));
        }
        if (L < 8) {
          c = c.add(FloatVector.fromArray(F, s, at + j + 4));
          d = d.add(FloatVector.fromArray(F, s, at + j + 12));
        }
      }
      part[r] = Lanes.fold(a.add(b).add(c.add(d)));
    }
  }

  /// a *= factor for `n` elements, whole vectors.
  static void scale(float[] a, int from, int n, float factor) {
    for (int j = from; j < from + n; j += L) {
      FloatVector.fromArray(F, a, j).mul(factor).intoArray(a, j);
    }
  }
}
