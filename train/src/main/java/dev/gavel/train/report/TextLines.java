package dev.gavel.train.report;

import java.util.ArrayList;
import java.util.List;

/// Cells set under each other, for a terminal.
public final class TextLines {
  private static final String BETWEEN = "  ";

  private TextLines() {}

  /// The first column flush left, the others, numbers, flush right.
  ///
  /// @param least characters that a column takes at least
  public static String aligned(List<List<String>> lines, int least) {
    List<Boolean> right = new ArrayList<>();
    for (int i = 0; i < lines.getFirst().size(); i++) {
      right.add(i > 0);
    }
    return aligned(lines, right, least);
  }

  /// @param lines with as many cells each
  /// @param right by column, whether it is set flush right
  static String aligned(List<List<String>> lines, List<Boolean> right, int least) {
    List<Integer> widths = new ArrayList<>();
    for (int i = 0; i < right.size(); i++) {
      int column = i;
      widths.add(lines.stream().mapToInt(line -> width(line.get(column))).reduce(least, Math::max));
    }
    StringBuilder text = new StringBuilder();
    for (List<String> line : lines) {
      StringBuilder one = new StringBuilder();
      for (int i = 0; i < line.size(); i++) {
        String room = " ".repeat(widths.get(i) - width(line.get(i)));
        one.append(i == 0 ? "" : BETWEEN);
        one.append(right.get(i) ? room + line.get(i) : line.get(i) + room);
      }
      text.append(one.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
