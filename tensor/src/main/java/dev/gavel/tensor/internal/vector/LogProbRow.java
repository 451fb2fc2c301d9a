package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.ROUND;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.tail;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// What cross entropy needs of a row of logits x, in two readings: the maximum, the log of the sum
/// of exp(x), and the entropy of softmax(x). One object per thread; it keeps the row's results.
///
/// With d = x - max, s = sum(exp(d)) and u = sum(d exp(d)): lse = max + log(s), entropy = log(s) -
/// u / s. Sums have the shape of [RowSums].
final class LogProbRow {
  /// Sixteen lanes of s, then sixteen of u.
  private final float[] lanes = new float[2 * ROUND];

  private float max;
  private float log;
  private float entropy;

  /// Reads the row of `c` logits at byte `xo`; c > 0.
  void read(MemorySegment x, long xo, int c) {
    max = RowSums.max(x, xo, c);
    double s = 0;
    double u = 0;
    for (int i = 0; i < c; i += RowSums.BLOCK) {
      int n = Math.min(RowSums.BLOCK, c - i);
      for (int lane = 0; lane < ROUND; lane += L) {
        strip(x, xo + 4L * i, n, lane);
      }
      s += Lanes.tree(lanes, 0);
      u += Lanes.tree(lanes, ROUND);
    }
    log = ScalarMath.log((float) s);
    entropy = (float) (log - u / s);
  }

  float logSumExp() {
    return max + log;
  }

  /// Of softmax(x), in nats.
  float entropy() {
    return entropy;
  }

  /// Log of the probability of an element that is `logit`.
  float logProb(float logit) {
    return logit - max - log;
  }

  /// Whether element `target` of the row that was read is its largest, the first of equal ones.
  boolean isTop(MemorySegment x, long xo, int target) {
    return get(x, xo + 4L * target) == max && RowKernels.indexOf(x, xo, target, max) == target;
  }

  private void strip(MemorySegment x, long xo, int n, int lane) {
    FloatVector s = FloatVector.zero(F);
    FloatVector u = s;
    int i = lane;
    for (int end = lane + (n & -ROUND); i < end; i += ROUND) {
      FloatVector d = load(x, xo + 4L * i).sub(max);
      FloatVector e = VectorMath.exp(d);
      s = s.add(e);
      u = d.blend(0f, e.compare(VectorOperators.EQ, 0f)).fma(e, u);
    }
    int rest = n % ROUND;
    if (rest > lane) {
      VectorMask<Float> m = tail(lane, rest);
      FloatVector d = load(x, xo + 4L * i, m).sub(max);
      FloatVector e = VectorMath.exp(d).blend(0f, m.not());
      s = s.add(e);
      u = d.blend(0f, e.compare(VectorOperators.EQ, 0f)).fma(e, u);
    }
    s.intoArray(lanes, lane);
    u.intoArray(lanes, ROUND + lane);
  }
}
