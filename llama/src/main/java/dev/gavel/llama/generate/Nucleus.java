package dev.gavel.llama.generate;

import java.util.Arrays;

/// Selects by mass and by count among many probabilities without sorting them: one pass puts them
/// in buckets by their leading bits, then only the bucket in which the limit falls is looked at
/// again, by the next bits. Of equal values the lower index comes first. Reused from draw to draw.
final class Nucleus {
  private static final int BITS = 12;
  private static final int BUCKETS = 1 << BITS;

  /// Bits of a non-negative double, below the sign.
  private static final int TOP = 63;

  private final double[] mass = new double[BUCKETS];
  private final int[] count = new int[BUCKETS];
  private int[] chosen = new int[0];
  private int size;

  /// Sets to 0 everything outside the smallest set of largest values whose sum reaches `limit`.
  void keepMass(double[] p, double limit) {
    all(p);
    double above = 0;
    for (int shift = TOP - BITS; ; shift = Math.max(0, shift - BITS)) {
      fill(p, shift);
      int b = BUCKETS - 1;
      while (b > 0 && (count[b] == 0 || above + mass[b] < limit)) {
        above += mass[b--];
      }
      narrow(p, shift, b);
      if (shift == 0 || sameValue(p)) {
        break;
      }
    }
    // What is left are equal values: as many of them as are needed, lower indices first.
    for (int i = 0; i < size; i++) {
      if (above >= limit && !(i == 0 && above == 0)) {
        p[chosen[i]] = 0;
      }
      above += p[chosen[i]];
    }
  }

  /// The k-th largest value, 1 for the largest.
  double kth(double[] p, int k) {
    all(p);
    int above = 0;
    for (int shift = TOP - BITS; ; shift = Math.max(0, shift - BITS)) {
      fill(p, shift);
      int b = BUCKETS - 1;
      while (above + count[b] < k) {
        above += count[b--];
      }
      select(p, shift, b, false);
      if (shift == 0 || sameValue(p)) {
        return p[chosen[0]];
      }
    }
  }

  private void all(double[] p) {
    if (chosen.length < p.length) {
      chosen = new int[p.length];
    }
    size = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0) {
        chosen[size++] = i;
      }
    }
  }

  private void fill(double[] p, int shift) {
    Arrays.fill(mass, 0);
    Arrays.fill(count, 0);
    for (int i = 0; i < size; i++) {
      double v = p[chosen[i]];
      int b = bucket(v, shift);
      mass[b] += v;
      count[b]++;
    }
  }

  private static int bucket(double v, int shift) {
    return (int) (Double.doubleToRawLongBits(v) >>> shift) & (BUCKETS - 1);
  }

  /// Zeroes what lies below bucket `b` and goes on with what lies in it.
  private void narrow(double[] p, int shift, int b) {
    select(p, shift, b, true);
  }

  private void select(double[] p, int shift, int b, boolean zeroBelow) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      int at = bucket(p[chosen[i]], shift);
      if (at == b) {
        chosen[kept++] = chosen[i];
      } else if (zeroBelow && at < b) {
        p[chosen[i]] = 0;
      }
    }
    size = kept;
  }

  private boolean sameValue(double[] p) {
    for (int i = 1; i < size; i++) {
      if (p[chosen[i]] != p[chosen[0]]) {
        return false;
      }
    }
    return true;
  }
}
