package dev.gavel.train.eval;

import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/// The curve `maj` of a judge's results: the accuracy of the majority of k votes.
///
/// @param k votes, from 1
/// @param y per cent
public record MajCurve(double[] k, double[] y) {
  /// @param results as `results.json` has them
  /// @return empty where nothing could be read, or there is one vote on each pair
  public static Optional<MajCurve> of(JsonNode results) {
    JsonNode maj = results.path("maj");
    if (maj.size() < 2) {
      return Optional.empty();
    }
    double[] k = IntStream.rangeClosed(1, maj.size()).asDoubleStream().toArray();
    double[] y =
        IntStream.rangeClosed(1, maj.size())
            .mapToDouble(n -> 100 * maj.get(Integer.toString(n)).asDouble())
            .toArray();
    return Optional.of(new MajCurve(k, y));
  }
}
