package dev.gavel.train.report;

import java.util.ArrayList;
import java.util.List;

/// A table with a caption; the first column names its row.
public final class Table {
  private record Column(String title, boolean number) {}

  private final String caption;
  private final List<Column> columns = new ArrayList<>();
  private final List<List<String>> rows = new ArrayList<>();

  public Table(String caption) {
    this.caption = caption;
  }

  /// Adds a column of words.
  public Table text(String title) {
    columns.add(new Column(title, false));
    return this;
  }

  /// Adds columns of numbers, set flush right.
  public Table numbers(String... titles) {
    for (String title : titles) {
      columns.add(new Column(title, true));
    }
    return this;
  }

  /// Adds a row; numbers come formatted.
  ///
  /// @throws IllegalArgumentException unless there is one cell per column
  public Table row(List<String> cells) {
    if (cells.size() != columns.size()) {
      throw new IllegalArgumentException(
          "table '%s' has %d columns, the row %s has %d cells"
              .formatted(caption, columns.size(), cells, cells.size()));
    }
    rows.add(List.copyOf(cells));
    return this;
  }

  public Table row(String... cells) {
    return row(List.of(cells));
  }

  void write(Html html) {
    html.open("div", "class", "scroll").open("table");
    html.element("caption", caption).open("thead").open("tr");
    for (Column column : columns) {
      html.element("th", column.title(), "scope", "col", "class", align(column));
    }
    html.close("tr").close("thead").line().open("tbody");
    for (List<String> row : rows) {
      html.open("tr");
      for (int i = 0; i < row.size(); i++) {
        if (i == 0) {
          html.element("th", row.get(i), "scope", "row", "class", align(columns.get(i)));
        } else {
          html.element("td", row.get(i), "class", align(columns.get(i)));
        }
      }
      html.close("tr").line();
    }
    html.close("tbody").close("table").close("div").line();
  }

  private static String align(Column column) {
    return column.number() ? "n" : "t";
  }
}
