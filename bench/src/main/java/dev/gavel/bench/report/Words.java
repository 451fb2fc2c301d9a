package dev.gavel.bench.report;

/// Turns of phrase.
final class Words {
  private Words() {}

  static String threads(int n) {
    return n == 1 ? "1 thread" : n + " threads";
  }

  static String gigabytes(double bytes) {
    return Table.number(1e-9 * bytes) + " GB";
  }
}
