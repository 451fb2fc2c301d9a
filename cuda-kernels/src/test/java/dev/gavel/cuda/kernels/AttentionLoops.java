package dev.gavel.cuda.kernels;

import java.util.Random;
import java.util.function.IntUnaryOperator;

/// Attention by plain loops in double, a row at a time, and how far a kernel's result is from it.
final class AttentionLoops {
  private double worst;
  private double worstLse;

  /// The greatest error of y, and of lse, so far.
  double worst() {
    return worst;
  }

  double worstLse() {
    return worstLse;
  }

  /// Compares y's row at `at` with the attention of q's row there over keys 0..last.
  ///
  /// @param key where the row of a position stands in k, and in v
  /// @return log of the sum of exp(scores)
  double row(
      float[] y, float[] q, int at, int d, int last, float[] k, float[] v, IntUnaryOperator key) {
    double[] p = new double[last + 1];
    double max = Double.NEGATIVE_INFINITY;
    for (int t = 0; t <= last; t++) {
      int from = key.applyAsInt(t);
      for (int j = 0; j < d; j++) {
        p[t] += (double) q[at + j] * k[from + j];
      }
      p[t] /= Math.sqrt(d);
      max = Math.max(max, p[t]);
    }
    double sum = 0;
    for (int t = 0; t <= last; t++) {
      p[t] = Math.exp(p[t] - max);
      sum += p[t];
    }
    double[] o = new double[d];
    for (int t = 0; t <= last; t++) {
      int from = key.applyAsInt(t);
      for (int j = 0; j < d; j++) {
        o[j] += p[t] / sum * v[from + j];
      }
    }
    for (int j = 0; j < d; j++) {
      worst = worse(worst, y[at + j] - o[j]);
    }
    return max + Math.log(sum);
  }

  void lse(float found, double expected) {
    worstLse = worse(worstLse, found - expected);
  }

  /// NaN is the worst.
  private static double worse(double worst, double error) {
    return Math.abs(error) <= worst ? worst : Math.abs(error);
  }

  static float[] gaussian(Random random, int count, boolean bf16) {
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      float g = (float) random.nextGaussian();
      x[i] = bf16 ? dev.gavel.cuda.EmulatorTest.roundBf16(g) : g;
    }
    return x;
  }
}
