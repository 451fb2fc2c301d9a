package dev.gavel.train.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An interval of numbers in the notation of mathematics: `[1, inf)`, `(0, 1]`.
record Range(double low, boolean lowIncluded, double high, boolean highIncluded, String text) {
  private static final Pattern FORM =
      Pattern.compile("([\\[(])\\s*([^,\\s]+)\\s*,\\s*([^,\\s]+)\\s*([])])");

  static Range parse(String text) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      throw new IllegalStateException("'" + text + "' is no interval such as [1, inf) or (0, 1]");
    }
    return new Range(
        bound(m.group(2)), m.group(1).equals("["), bound(m.group(3)), m.group(4).equals("]"), text);
  }

  private static double bound(String text) {
    return switch (text) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  boolean contains(double x) {
    return (lowIncluded ? x >= low : x > low) && (highIncluded ? x <= high : x < high);
  }

  /// `at least 1`, `above 0`, or the interval itself.
  String describe() {
    if (high == Double.POSITIVE_INFINITY && low != Double.NEGATIVE_INFINITY) {
      return (lowIncluded ? "at least " : "above ") + plain(low);
    }
    return "in " + text;
  }

  private static String plain(double x) {
    return x == Math.rint(x) && Math.abs(x) < 1e15 ? Long.toString((long) x) : Double.toString(x);
  }
}
