package dev.gavel.train.report;

import tools.jackson.databind.JsonNode;

/// Numbers of result files as people read them; a dash where there is null or nothing.
public final class JsonFigures {
  private static final String NONE = "–";

  private JsonFigures() {}

  /// See [Figures#percent].
  public static String percent(JsonNode share) {
    return share.isNumber() ? Figures.percent(share.doubleValue()) : NONE;
  }

  /// Whole numbers in full, others as [Figures#number] has them.
  public static String number(JsonNode value) {
    if (!value.isNumber()) {
      return NONE;
    }
    return value.isIntegralNumber() ? value.asString() : Figures.number(value.doubleValue());
  }

  /// The two ends of an interval of shares, per cent.
  public static String interval(JsonNode ends) {
    return ends.size() == 2 ? percent(ends.get(0)) + " to " + percent(ends.get(1)) : NONE;
  }

  /// The same, empty where there is none: to stand under a figure.
  public static String below(JsonNode ends) {
    return ends.size() == 2 ? interval(ends) : "";
  }
}
