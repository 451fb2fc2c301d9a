package dev.gavel.train.compare;

import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import java.util.ArrayList;
import java.util.List;

/// What is said twice: results on a page and, as plain text, on the terminal.
///
/// @param texts tables of results as lines
record Sheet(Page page, List<String> texts) {
  Sheet(Page page) {
    this(page, new ArrayList<>());
  }

  /// A table of results; nothing where it has no rows.
  void result(Table table) {
    if (!table.isEmpty()) {
      page.table(table);
      texts.add(table.plain());
    }
  }

  /// All tables of results, for a terminal.
  String text() {
    return String.join("\n", texts);
  }
}
