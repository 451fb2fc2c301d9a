package dev.gavel.train.eval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// Accuracy by how much longer the labelled response is than the other, in words (parts between
/// white space), beside what a judge would reach that prefers the longer one.
///
/// @param longer accuracy of that judge over all labelled items; equal lengths count half
/// @param terciles the items in the order of their difference, cut into three equal parts; those
///   without items are left out
public record LengthBias(double longer, List<Part> terciles) {
  private static final int PARTS = 3;

  /// @param from the smallest difference in the part, in words; negative: the labelled response is
  ///   shorter
  /// @param to the largest
  /// @param accuracy of the judge
  /// @param longer of preferring the longer response
  public record Part(int from, int to, int n, double accuracy, double longer) {}

  private record Measured(ItemVotes item, int difference) {
    static Measured of(ItemVotes item) {
      int first = words(item.row().first());
      int second = words(item.row().second());
      boolean firstIsRight = item.labelled() == dev.gavel.train.judge.Side.FIRST;
      return new Measured(item, firstIsRight ? first - second : second - first);
    }

    double longer() {
      return difference > 0 ? 1 : difference < 0 ? 0 : 0.5;
    }
  }

  /// @param labelled items whose label can be met, at least one
  static LengthBias of(List<ItemVotes> labelled) {
    List<Measured> all =
        labelled.stream()
            .map(Measured::of)
            .sorted(Comparator.comparingInt(Measured::difference)) // stable: ties in file order
            .toList();
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < PARTS; i++) {
      List<Measured> part = all.subList(all.size() * i / PARTS, all.size() * (i + 1) / PARTS);
      if (!part.isEmpty()) {
        parts.add(
            new Part(
                part.getFirst().difference,
                part.getLast().difference,
                part.size(),
                part.stream().mapToDouble(m -> m.item.credit()).sum() / part.size(),
                longer(part)));
      }
    }
    return new LengthBias(longer(all), parts);
  }

  private static double longer(List<Measured> items) {
    return items.stream().mapToDouble(Measured::longer).sum() / items.size();
  }

  private static int words(String text) {
    int words = 0;
    boolean inside = false;
    for (int i = 0; i < text.length(); i++) {
      boolean blank = Character.isWhitespace(text.charAt(i));
      words += !blank && !inside ? 1 : 0;
      inside = !blank;
    }
    return words;
  }

  void addTo(ObjectNode node) {
    node.put("unit", "words").put("longer", longer);
    var list = node.putArray("terciles");
    for (Part part : terciles) {
      list.addObject()
          .put("from", part.from)
          .put("to", part.to)
          .put("n", part.n)
          .put("accuracy", part.accuracy)
          .put("longer", part.longer);
    }
  }
}
