package dev.gavel.train.eval;

import dev.gavel.train.judge.Side;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How far two judges agree on the same items: each prefers the first-named response, the second,
/// or neither.
///
/// @param n items
/// @param table items by what the first judge says (row) and the second (column): first, second,
///   neither; kept, not copied
public record Agreement(int n, int[][] table) {
  /// Names of rows and columns.
  public static final List<String> SAYS = List.of("first", "second", "neither");

  /// @param a what the first judge says of each item, null for neither
  /// @param b of the same items
  public static Agreement of(List<@Nullable Side> a, List<@Nullable Side> b) {
    if (a.size() != b.size()) {
      throw new IllegalArgumentException(
          "the judges say %d and %d things, expected as many".formatted(a.size(), b.size()));
    }
    int[][] table = new int[SAYS.size()][SAYS.size()];
    for (int i = 0; i < a.size(); i++) {
      table[place(a.get(i))][place(b.get(i))]++;
    }
    return new Agreement(a.size(), table);
  }

  private static int place(@Nullable Side side) {
    return side == null ? 2 : side.ordinal();
  }

  /// The share of items on which they say the same.
  public double agreement() {
    int same = 0;
    for (int i = 0; i < table.length; i++) {
      same += table[i][i];
    }
    return (double) same / n;
  }

  /// Cohen's kappa (1960): (p_o - p_e) / (1 - p_e), agreement above that of two judges who say the
  /// same things as often, at random. Null where chance alone makes them agree on everything.
  public @Nullable Double kappa() {
    double chance = 0;
    for (int i = 0; i < table.length; i++) {
      double byA = 0;
      double byB = 0;
      for (int j = 0; j < table.length; j++) {
        byA += table[i][j];
        byB += table[j][i];
      }
      chance += byA / n * (byB / n);
    }
    return chance == 1 ? null : (agreement() - chance) / (1 - chance);
  }
}
