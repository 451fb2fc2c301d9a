package dev.gavel.llama.generate;

/// Chooses a token from probabilities. Deterministic: sums run in double in an order that the
/// number of ids alone decides. Linear in the vocabulary.
final class Sampler {
  private final Nucleus nucleus = new Nucleus();

  /// Applies top-k, top-p and min-p to probabilities at the sampling temperature, in place; what
  /// remains sums to its share, not to 1.
  ///
  /// @return the sum of what remains
  double cut(double[] p, Sampling s) {
    if (s.topK() > 0 && s.topK() < positive(p)) {
      double least = nucleus.kth(p, s.topK());
      zeroBelow(p, least);
    }
    if (s.topP() < 1) {
      nucleus.keepMass(p, s.topP() * sum(p));
    }
    if (s.minP() > 0) {
      zeroBelow(p, s.minP() * max(p));
    }
    return sum(p);
  }

  /// The first id at which the running sum exceeds `u` times the whole.
  ///
  /// @param u uniform in [0, 1)
  int draw(double[] p, double sum, double u) {
    double limit = u * sum;
    double running = 0;
    int last = -1;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0) {
        running += p[i];
        last = i;
        if (running > limit) {
          return i;
        }
      }
    }
    return last;
  }

  private static void zeroBelow(double[] p, double least) {
    for (int i = 0; i < p.length; i++) {
      if (p[i] < least) {
        p[i] = 0;
      }
    }
  }

  private static int positive(double[] p) {
    int n = 0;
    for (double x : p) {
      if (x > 0) {
        n++;
      }
    }
    return n;
  }

  /// Eight sums side by side, as one alone waits for each of its additions: element i goes to sum i
  /// modulo 8, and the sums are added in order.
  private static double sum(double[] p) {
    double[] sums = new double[8];
    int whole = p.length & -8;
    for (int i = 0; i < whole; i += 8) {
      for (int lane = 0; lane < 8; lane++) {
        sums[lane] += p[i + lane];
      }
    }
    for (int i = whole; i < p.length; i++) {
      sums[i - whole] += p[i];
    }
    double sum = 0;
    for (double x : sums) {
      sum += x;
    }
    return sum;
  }

  private static double max(double[] p) {
    double max = 0;
    for (double x : p) {
      max = Math.max(max, x);
    }
    return max;
  }
}
