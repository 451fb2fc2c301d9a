package dev.gavel.train.inspect;

import java.util.Arrays;
import java.util.Locale;

/// How long things are, in tokens.
final class Lengths {
  private int[] values = new int[1024];
  private int count;

  void add(int value) {
    if (count == values.length) {
      values = Arrays.copyOf(values, count + count / 2);
    }
    values[count++] = value;
  }

  boolean isEmpty() {
    return count == 0;
  }

  long sum() {
    return Arrays.stream(values, 0, count).asLongStream().sum();
  }

  int above(int limit) {
    return (int) Arrays.stream(values, 0, count).filter(v -> v > limit).count();
  }

  /// Least, quantiles (of each the smallest length that so many rows do not exceed), largest, mean
  /// and sum.
  String describe() {
    int[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT,
        "least %,d, 5 %% %,d, 25 %% %,d, median %,d, 75 %% %,d, 95 %% %,d, 99 %% %,d, most %,d; mean %,.1f,"
            + " sum %,d",
        sorted[0],
        quantile(sorted, 0.05),
        quantile(sorted, 0.25),
        quantile(sorted, 0.5),
        quantile(sorted, 0.75),
        quantile(sorted, 0.95),
        quantile(sorted, 0.99),
        sorted[count - 1],
        (double) sum() / count,
        sum());
  }

  private static int quantile(int[] sorted, double q) {
    return sorted[Math.max(0, (int) Math.ceil(q * sorted.length) - 1)];
  }
}
