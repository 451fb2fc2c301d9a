package dev.gavel.train.eval;

import dev.gavel.tensor.Rng;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Percentile bootstrap over items, 95 %. What is drawn depends on the seed and on how many items
/// each stratum has, so two methods measured on the same items are resampled alike.
public final class Bootstrap {
  /// Resamples where nobody asks for another number.
  public static final int RESAMPLES = 10_000;

  private static final double LOW = 0.025;
  private static final double HIGH = 0.975;
  private static final long STREAM = Rng.stream("bootstrap");

  /// The bounds of the middle 95 % of the resamples.
  public record Interval(double low, double high) {}

  private final long seed;
  private final int resamples;

  public Bootstrap(long seed, int resamples) {
    if (resamples < 1) {
      throw new IllegalArgumentException("resamples is " + resamples + ", expected at least 1");
    }
    this.seed = seed;
    this.resamples = resamples;
  }

  /// Of the mean of one value per item.
  public Interval mean(double[] values) {
    return means(List.<double[][]>of(columns(values))).getFirst();
  }

  /// Of the mean of `a` minus that of `b` on the same items: the pairs are resampled together.
  public Interval difference(double[] a, double[] b) {
    return mean(minus(a, b));
  }

  /// Of the mean of `a` minus that of `b` over the items of all strata, the pairs resampled inside
  /// their stratum: what a stratum's size would add by chance is left out.
  ///
  /// @param a by stratum, then item
  public Interval difference(List<double[]> a, List<double[]> b) {
    List<double[][]> strata = new ArrayList<>();
    double[][] sizes = new double[a.size()][];
    for (int s = 0; s < sizes.length; s++) {
      strata.add(columns(minus(a.get(s), b.get(s))));
      sizes[s] = new double[] {a.get(s).length};
    }
    return weighted(strata, sizes).getFirst();
  }

  /// Of the plain mean of the strata's means; items are resampled inside their stratum.
  public Interval stratified(List<double[]> strata) {
    return means(strata.stream().map(Bootstrap::columns).toList()).getFirst();
  }

  /// The same for several values per item at once (a Maj@k curve): one interval per column.
  ///
  /// @param strata by stratum, then item, then column; every item has the same number of columns
  public List<Interval> means(List<double[][]> strata) {
    double[][] ones = new double[strata.size()][check(strata)];
    Arrays.stream(ones).forEach(w -> Arrays.fill(w, 1));
    return weighted(strata, ones);
  }

  /// Of the strata's means, weighted; items are resampled inside their stratum.
  ///
  /// @param strata by stratum, then item, then column
  /// @param weights by stratum, then column; what is summed is divided by their sum
  public List<Interval> weighted(List<double[][]> strata, double[][] weights) {
    int columns = check(strata);
    double[] total = new double[columns];
    for (double[] stratum : weights) {
      for (int c = 0; c < columns; c++) {
        total[c] += stratum[c];
      }
    }
    List<double[]> rows = strata.stream().map(items -> flat(items, columns)).toList();
    double[][] statistic = new double[columns][resamples];
    // each resample has a stream of its own, so the order in which they are drawn decides nothing
    IntStream.range(0, resamples)
        .parallel()
        .forEach(r -> {
          double[] mean = resample(rows, weights, STREAM + r);
          for (int c = 0; c < columns; c++) {
            statistic[c][r] = mean[c] / total[c];
          }
        });
    return Arrays.stream(statistic).parallel().map(Bootstrap::interval).toList();
  }

  private static Interval interval(double[] values) {
    Arrays.sort(values);
    return new Interval(quantile(values, LOW), quantile(values, HIGH));
  }

  /// The weighted sum of the means of one resample of each stratum.
  ///
  /// @param strata by stratum, then item times column
  private double[] resample(List<double[]> strata, double[][] weights, long stream) {
    int columns = weights[0].length;
    double[] mean = new double[columns];
    double[] sum = new double[columns];
    long draw = 0;
    for (int s = 0; s < weights.length; s++) {
      double[] rows = strata.get(s);
      int items = rows.length / columns;
      Arrays.fill(sum, 0);
      for (int i = 0; i < items; i++) {
        addRow(rows, columns * Rng.below(items, seed, stream, draw++), sum);
      }
      for (int c = 0; c < columns; c++) {
        mean[c] += weights[s][c] * (sum[c] / items);
      }
    }
    return mean;
  }

  private static void addRow(double[] rows, int at, double[] sum) {
    for (int c = 0; c < sum.length; c++) {
      sum[c] += rows[at + c];
    }
  }

  private static double[] flat(double[][] items, int columns) {
    double[] flat = new double[items.length * columns];
    for (int i = 0; i < items.length; i++) {
      System.arraycopy(items[i], 0, flat, i * columns, columns);
    }
    return flat;
  }

  private static int check(List<double[][]> strata) {
    if (strata.isEmpty() || strata.stream().anyMatch(items -> items.length == 0)) {
      throw new IllegalArgumentException("nothing to resample: a stratum has no items");
    }
    int columns = strata.getFirst()[0].length;
    for (double[][] items : strata) {
      for (double[] item : items) {
        if (item.length != columns) {
          throw new IllegalArgumentException(
              "items have %d and %d values; expected as many for each"
                  .formatted(columns, item.length));
        }
      }
    }
    return columns;
  }

  /// Linear between the two nearest order statistics.
  private static double quantile(double[] sorted, double q) {
    double at = q * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  private static double[][] columns(double[] values) {
    return Arrays.stream(values).mapToObj(v -> new double[] {v}).toArray(double[][]::new);
  }

  private static double[] minus(double[] a, double[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          "paired values differ in number: %d and %d".formatted(a.length, b.length));
    }
    double[] difference = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - b[i];
    }
    return difference;
  }
}
