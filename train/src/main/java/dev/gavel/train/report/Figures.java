package dev.gavel.train.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Numbers as people read them.
public final class Figures {
  private Figures() {}

  /// A share as per cent with one digit; a dash for null.
  public static String percent(@Nullable Double share) {
    return share == null ? "–" : String.format(Locale.ROOT, "%.1f", 100 * share);
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

  private static String trim(String text) {
    return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
  }

  private static String minus(String text) {
    return text.replace('-', '−');
  }
}
