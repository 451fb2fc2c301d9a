package dev.gavel.train.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Numbers as people read them.
public final class Figures {
  private Figures() {}

  /// A share as per cent with one digit; a dash for null.
  public static String percent(@Nullable Double share) {
    return share == null ? "–" : minus(String.format(Locale.ROOT, "%.1f", 100 * share));
  }

  /// Four significant digits, in powers of ten where the number is very large or small.
  public static String number(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
    }
    if (size != 0 && (size < 1e-3 || size >= 1e6)) {
      String text = String.format(Locale.ROOT, "%.3e", value);
      int e = text.indexOf('e');
      return minus(trim(text.substring(0, e)) + "e" + Integer.parseInt(text.substring(e + 1)));
    }
    int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
    return minus(trim(String.format(Locale.ROOT, "%." + digits + "f", value)));
  }

  /// A share in points of a hundred, with its sign: what lies between two shares.
  public static String points(double share) {
    return (share < 0 ? "−" : "+") + percent(Math.abs(share));
  }

  /// `12.4 s`, `3 min 20 s`, `5 h 7 min`.
  public static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return String.format(Locale.ROOT, "%.1f s", Math.min(seconds, 59.9));
    }
    return whole < 3600
        ? whole / 60 + " min " + whole % 60 + " s"
        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }

  private static String trim(String text) {
    return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
  }

  private static String minus(String text) {
    return text.replace('-', '−');
  }
}
