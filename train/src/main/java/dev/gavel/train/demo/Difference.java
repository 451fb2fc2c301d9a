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

  /// With all that each said; of two judges that vote, with as many votes of each as both have.
  ///
  /// @throws IllegalArgumentException where the parts hold other pairs
  static Difference of(Part a, Part b, Bootstrap bootstrap) {
    List<double[]> strata = new ArrayList<>();
    for (int s = 0; s < a.strata().size(); s++) {
      strata.add(minus(a.strata().get(s), b.strata().get(s)));
    }
    return of(strata, bootstrap);
  }

  /// Of all votes to one.
  static Difference ofVotes(Part part, Bootstrap bootstrap) {
    return of(
        part.strata().stream()
            .map(stratum ->
                stratum.stream().mapToDouble(item -> item.credit() - item.curve()[0]).toArray())
            .toList(),
        bootstrap);
  }

  private static Difference of(List<double[]> strata, Bootstrap bootstrap) {
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
      Judged one = a.get(i);
      Judged other = b.get(i);
      int votes = Math.min(one.votes().size(), other.votes().size());
      values[i] =
          one.isVoted() && other.isVoted()
              ? one.curve()[votes - 1] - other.curve()[votes - 1]
              : one.credit() - other.credit();
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

  /// Whether more than this can be ruled out, in both directions.
  boolean isWithin(double margin) {
    return band.low() > -margin && band.high() < margin;
  }

  /// In points, with its interval.
  @Override
  public String toString() {
    return "%s (%s to %s)"
        .formatted(Figures.points(mean), Figures.points(band.low()), Figures.points(band.high()));
  }
}
