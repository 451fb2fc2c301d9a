package dev.gavel.bench.report;

import java.util.Locale;

/// A Markdown table, row by row.
final class Table {
  private final StringBuilder text = new StringBuilder();
  private final int columns;

  Table(String... head) {
    columns = head.length;
    text.append("| ").append(String.join(" | ", head)).append(" |\n");
    text.append("|---".repeat(columns)).append("|\n");
  }

  /// @param cells strings as they are, numbers with three digits
  Table row(Object... cells) {
    if (cells.length != columns) {
      throw new IllegalArgumentException(cells.length + " cells for " + columns + " columns");
    }
    for (Object cell : cells) {
      text.append("| ").append(cell instanceof Double d ? number(d) : cell).append(' ');
    }
    text.append("|\n");
    return this;
  }

  /// Three digits: `1234`, `12.3`, `0.123`.
  static String number(double value) {
    double size = Math.abs(value);
    String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
    return String.format(Locale.ROOT, format, value);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
