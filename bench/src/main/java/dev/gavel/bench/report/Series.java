package dev.gavel.bench.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// One figure over several turns.
record Series(double[] sorted) {
  static Series of(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("a series needs a value");
    }
    return new Series(sorted);
  }

  double median() {
    int n = sorted.length;
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  }

  double least() {
    return sorted[0];
  }

  double most() {
    return sorted[sorted.length - 1];
  }

  /// `0.93 to 1.02`.
  String spread() {
    return String.format(Locale.ROOT, "%.2f to %.2f", least(), most());
  }

  static double geometricMean(List<Double> values) {
    double[] logs = values.stream().mapToDouble(Math::log).toArray();
    return Math.exp(Arrays.stream(logs).average().orElseThrow());
  }
}
