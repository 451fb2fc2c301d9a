package dev.gavel.train.config;

import java.util.Collection;

/// The valid name that someone who typed another one most likely meant.
public final class Nearest {
  private Nearest() {}

  /// @param valid at least one name; of equally near ones the first wins
  public static String to(String typed, Collection<String> valid) {
    String best = "";
    double least = Double.POSITIVE_INFINITY;
    for (String name : valid) {
      double cost = cost(typed, name);
      if (cost < least) {
        least = cost;
        best = name;
      }
    }
    return best;
  }

  /// An abbreviation costs less than one typing error, whatever its length.
  private static double cost(String typed, String name) {
    int distance = distance(typed, name);
    boolean abbreviation = typed.length() >= 2 && name.startsWith(typed);
    return abbreviation && distance > 0 ? 1 - 1.0 / (distance + 1) : distance;
  }

  /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
  static int distance(String a, String b) {
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(last[j], row[j - 1]) + 1, last[j - 1] + substitution);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      int[] spare = beforeLast;
      beforeLast = last;
      last = row;
      row = spare;
    }
    return last[b.length()];
  }
}
