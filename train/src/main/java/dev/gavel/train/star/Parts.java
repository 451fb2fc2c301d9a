package dev.gavel.train.star;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.Rng;
import dev.gavel.train.data.PairParser;
import dev.gavel.train.data.RowException;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Cuts rows into one part for each round. Rows of one tree of UltraInteract are in one part: no
/// round samples on a question that an earlier one learned from.
final class Parts {
  private Parts() {}

  /// Rows in random order, cut into parts of equal size but for whole trees, which go where their
  /// first row falls; a part that lies inside a large tree stays empty.
  static List<List<PairRow>> of(List<PairReader.Entry> rows, int n, long seed)
      throws FormatException {
    List<List<PairRow>> trees = trees(rows);
    List<List<PairRow>> parts = new ArrayList<>();
    for (int k = 0; k < n; k++) {
      parts.add(new ArrayList<>());
    }
    int at = 0;
    int k = 0;
    for (int i : Rng.permutation(trees.size(), seed, Rng.stream("parts of star"))) {
      while (at >= (long) rows.size() * (k + 1) / n) {
        k++;
      }
      parts.get(k).addAll(trees.get(i));
      at += trees.get(i).size();
    }
    return parts;
  }

  /// Rows of one tree together, every other row by itself.
  private static List<List<PairRow>> trees(List<PairReader.Entry> rows) throws FormatException {
    Map<String, List<PairRow>> trees = new HashMap<>();
    List<List<PairRow>> all = new ArrayList<>();
    for (PairReader.Entry entry : rows) {
      List<PairRow> tree = root(entry).map(trees::get).orElse(null);
      if (tree == null) {
        List<PairRow> begun = new ArrayList<>();
        root(entry).ifPresent(root -> trees.put(root, begun));
        all.add(begun);
        tree = begun;
      }
      tree.add(entry.pair());
    }
    return all;
  }

  private static Optional<String> root(PairReader.Entry entry) throws FormatException {
    try {
      return PairParser.root(entry.row());
    } catch (RowException e) {
      throw new FormatException(entry.row().place() + ": " + e.getMessage(), e);
    }
  }
}
