package dev.gavel.llama.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.Rng;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Selection by buckets against a plain sort.
class NucleusTest {
  @Test
  void keepsWhatASortWouldKeep() {
    for (int round = 0; round < 300; round++) {
      int n = 1 + Rng.below(400, 1, round, 0);
      int levels = 1 + Rng.below(20, 2, round, 0);
      double[] p = new double[n];
      for (int i = 0; i < n; i++) {
        double u = Rng.uniform(3, round, i);
        p[i] = round % 2 == 0 ? u * u * u : (1 + Rng.below(levels, 4, round, i)) / 64.0;
      }
      double limit = Arrays.stream(p).sum() * Rng.uniform(5, round, 0);
      double[] expected = bySorting(p, limit);
      new Nucleus().keepMass(p, limit);
      assertThat(p).as("round %d", round).isEqualTo(expected);
    }
  }

  private static double[] bySorting(double[] p, double limit) {
    Integer[] order = IntStream.range(0, p.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.<Integer>comparingDouble(i -> -p[i]).thenComparingInt(i -> i));
    double[] kept = new double[p.length];
    double above = 0;
    for (int i : order) {
      if (above >= limit && above > 0) {
        break;
      }
      kept[i] = p[i];
      above += p[i];
    }
    return kept;
  }

  @Test
  void findsTheKthLargest() {
    for (int round = 0; round < 200; round++) {
      int n = 1 + Rng.below(300, 1, round, 0);
      double[] p = new double[n];
      for (int i = 0; i < n; i++) {
        p[i] = (1 + Rng.below(50, 4, round, i)) / 64.0;
      }
      int k = 1 + Rng.below(n, 6, round, 0);
      double[] sorted = p.clone();
      Arrays.sort(sorted);
      assertThat(new Nucleus().kth(p, k)).isEqualTo(sorted[n - k]);
    }
  }
}
