package dev.gavel.train.report;

import java.util.ArrayList;
import java.util.List;

/// A table with a caption; the first column names its row.
public final class Table {
  private record Column(String title, boolean number) {}

  /// @param text what stands there
  /// @param below a smaller line under it, as an interval; may be empty
  /// @param link where the text leads to, as it stands in `href`; may be empty
  public record Cell(String text, String below, String link) {
    public static Cell of(String text) {
      return new Cell(text, "", "");
    }

    public static Cell of(String text, String below) {
      return new Cell(text, below, "");
    }

    /// @param anchor the place of the page that the text leads to (see [Page#anchor]); may be empty
    public static Cell at(String text, String below, String anchor) {
      return new Cell(text, below, Html.place(anchor));
    }

    /// The same on one line.
    private String line() {
      return below.isEmpty() ? text : text + " (" + below + ")";
    }
  }

  private final String caption;
  private final List<Column> columns = new ArrayList<>();
  private final List<List<Cell>> rows = new ArrayList<>();
  private boolean wide;

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

  /// May take more room than the text beside it.
  public Table wide() {
    wide = true;
    return this;
  }

  /// Adds a row; numbers come formatted.
  ///
  /// @throws IllegalArgumentException unless there is one cell per column
  public Table row(List<String> cells) {
    return cells(cells.stream().map(Cell::of).toList());
  }

  /// Adds a row of cells that hold more than a text.
  ///
  /// @throws IllegalArgumentException unless there is one cell per column
  public Table cells(List<Cell> cells) {
    if (cells.size() != columns.size()) {
      throw new IllegalArgumentException(
          "table '%s' has %d columns, the row %s has %d cells"
              .formatted(
                  caption, columns.size(), cells.stream().map(Cell::text).toList(), cells.size()));
    }
    rows.add(List.copyOf(cells));
    return this;
  }

  public Table row(String... cells) {
    return row(List.of(cells));
  }

  /// The table as lines of a terminal, its caption first.
  public String plain() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(columns.stream().map(Column::title).toList());
    rows.forEach(row -> lines.add(row.stream().map(Cell::line).toList()));
    return caption
        + "\n"
        + TextLines.aligned(lines, columns.stream().map(Column::number).toList(), 0);
  }

  /// Whether it has no rows.
  public boolean isEmpty() {
    return rows.isEmpty();
  }

  void write(Html html) {
    html.open("div", "class", wide ? "scroll wide" : "scroll").open("table");
    html.element("caption", caption).open("thead").open("tr");
    for (Column column : columns) {
      html.element("th", column.title(), "scope", "col", "class", align(column));
    }
    html.close("tr").close("thead").line().open("tbody");
    for (List<Cell> row : rows) {
      html.open("tr");
      for (int i = 0; i < row.size(); i++) {
        write(html, row.get(i), i == 0, align(columns.get(i)));
      }
      html.close("tr").line();
    }
    html.close("tbody").close("table").close("div").line();
  }

  private static void write(Html html, Cell cell, boolean first, String align) {
    if (first) {
      html.open("th", "scope", "row", "class", align);
    } else {
      html.open("td", "class", align);
    }
    html.link(cell.text, cell.link);
    if (!cell.below.isEmpty()) {
      html.element("small", cell.below);
    }
    html.close(first ? "th" : "td");
  }

  private static String align(Column column) {
    return column.number() ? "n" : "t";
  }
}
