package dev.gavel.llama.generate;

import java.util.Arrays;

/// Selects by mass and by count among many probabilities without sorting them: one pass puts them
/// in buckets by the first bits in which any two of them differ, then only the bucket in which the
/// limit falls is looked at again, by the next bits. Of equal values the lower index comes first.
/// Reused from draw to draw.
final class Nucleus {
  private static final int BITS = 12;
  private static final int BUCKETS = 1 << BITS;

  private final double[] mass = new double[BUCKETS];
  private final int[] count = new int[BUCKETS];
  private int[] chosen = new int[0];
  private int size;

  /// Mass and number of the values that are known to be larger than the chosen ones.
  private double above;

  private int larger;

  /// Sets to 0 everything outside the smallest set of largest values whose sum reaches `limit`.
  void keepMass(double[] p, double limit) {
    above = 0;
    int shift = start(p);
    fillAll(p, shift);
    selectAll(p, shift, bucketOfMass(limit), true);
    while (shift > 0 && !sameValue(p)) {
      shift = Math.max(0, shift - BITS);
      fill(p, shift);
      select(p, shift, bucketOfMass(limit), true);
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
    larger = 0;
    int shift = start(p);
    fillAll(p, shift);
    selectAll(p, shift, bucketOfCount(k), false);
    while (shift > 0 && !sameValue(p)) {
      shift = Math.max(0, shift - BITS);
      fill(p, shift);
      select(p, shift, bucketOfCount(k), false);
    }
    return p[chosen[0]];
  }

  /// How far bits are shifted so that the first of the buckets' bits is the first in which two
  /// positive values differ.
  private static int start(double[] p) {
    double max = 0;
    double min = Double.MAX_VALUE;
    for (double v : p) {
      max = v > max ? v : max;
      min = v > 0 && v < min ? v : min;
    }
    long differ = Double.doubleToRawLongBits(max) ^ Double.doubleToRawLongBits(min);
    return Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(differ) - BITS);
  }

  private void clear() {
    Arrays.fill(mass, 0);
    Arrays.fill(count, 0);
  }

  private void fillAll(double[] p, int shift) {
    clear();
    for (double v : p) {
      if (v > 0) {
        add(v, shift);
      }
    }
  }

  private void fill(double[] p, int shift) {
    clear();
    for (int i = 0; i < size; i++) {
      add(p[chosen[i]], shift);
    }
  }

  private void add(double v, int shift) {
    int b = bucket(v, shift);
    mass[b] += v;
    count[b]++;
  }

  private static int bucket(double v, int shift) {
    return (int) (Double.doubleToRawLongBits(v) >>> shift) & (BUCKETS - 1);
  }

  /// The bucket in which the mass from the top on reaches `limit`, the lowest one that holds
  /// something when none does; what lies in buckets before it is added to `above`.
  private int bucketOfMass(double limit) {
    int lowest = 0;
    while (lowest < BUCKETS - 1 && count[lowest] == 0) {
      lowest++;
    }
    int b = BUCKETS - 1;
    while (b > lowest && (count[b] == 0 || above + mass[b] < limit)) {
      above += mass[b--];
    }
    return b;
  }

  /// The bucket of the k-th largest; `larger` grows by those in buckets before it.
  private int bucketOfCount(int k) {
    int b = BUCKETS - 1;
    while (larger + count[b] < k) {
      larger += count[b--];
    }
    return b;
  }

  /// Goes on with what lies in bucket `b` of all values.
  private void selectAll(double[] p, int shift, int b, boolean zeroBelow) {
    if (chosen.length < count[b]) {
      chosen = new int[count[b]];
    }
    size = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0) {
        int at = bucket(p[i], shift);
        if (at == b) {
          chosen[size++] = i;
        } else if (zeroBelow && at < b) {
          p[i] = 0;
        }
      }
    }
  }

  /// Goes on with what lies in bucket `b` of the chosen values.
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
