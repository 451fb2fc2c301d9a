package dev.gavel.train.compare;

import dev.gavel.train.report.BarChart.Bar;
import tools.jackson.databind.JsonNode;

/// Bars of results that a file holds.
final class Bars {
  private Bars() {}

  /// @param share not drawn where it is no number
  /// @param ci95 its interval; a point where there is none
  static Bar of(JsonNode share, JsonNode ci95) {
    double value = 100 * share.asDouble(Double.NaN);
    boolean known = ci95.size() == 2;
    return new Bar(
        share.isNumber() ? value : Double.NaN,
        known ? 100 * ci95.get(0).doubleValue() : value,
        known ? 100 * ci95.get(1).doubleValue() : value,
        Double.NaN,
        "");
  }
}
