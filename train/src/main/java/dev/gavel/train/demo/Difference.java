package dev.gavel.train.demo;

import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.Bootstrap.Interval;
import dev.gavel.train.report.Figures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// By how much one method is better than another on the same pairs.
///
/// @param mean a share
/// @param band 95 %, by bootstrap over pairs: both methods are resampled together
record Difference(double mean, Interval band) {

  /// @throws IllegalArgumentException where the parts hold other pairs
  static Difference of(Part a, Part b, Bootstrap bootstrap) {
    List<double[]> strata = new ArrayList<>();
    for (int s = 0; s < a.strata().size(); s++) {
      strata.add(minus(a.strata().get(s), b.strata().get(s)));
    }
    double mean =
        strata.stream()
            .mapToDouble(values -> Arrays.stream(values).average().orElseThrow())
            .average()
            .orElseThrow();
    return new Difference(mean, bootstrap.stratified(strata));
  }

  private static double[] minus(List<Judged> a, List<Judged> b) {
    if (!ids(a).equals(ids(b))) {
      throw new IllegalArgumentException(
          "paired methods judged other pairs: %s and %s".formatted(ids(a), ids(b)));
    }
    double[] values = new double[a.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = a.get(i).credit() - b.get(i).credit();
    }
    return values;
  }

  private static List<String> ids(List<Judged> items) {
    return items.stream().map(item -> item.pair().id()).toList();
  }

  /// Whether it is above zero beyond chance.
  boolean isGain() {
    return band.low() > 0;
  }

  /// Whether it is below zero beyond chance.
  boolean isLoss() {
    return band.high() < 0;
  }

  /// In points, with its interval.
  @Override
  public String toString() {
    return "%s (%s to %s)".formatted(points(mean), points(band.low()), points(band.high()));
  }

  /// A share in points, with its sign.
  static String points(double share) {
    return (share < 0 ? "−" : "+") + Figures.percent(Math.abs(share));
  }
}
