package dev.gavel.train.report;

import java.util.ArrayList;
import java.util.List;

/// Bars from 0 to 100 per cent, one row for each thing that is compared, in panels side by side; on
/// each bar its interval, and perhaps another value to compare with.
public final class BarChart {
  /// Things of one kind have one colour.
  public enum Kind {
    PLAIN,
    FIRST,
    SECOND
  }

  /// @param value per cent; not finite: nothing is drawn
  /// @param low the lower end of its interval
  /// @param other a value to compare with; not finite where there is none
  /// @param anchor the place of the page that the bar leads to; may be empty
  public record Bar(double value, double low, double high, double other, String anchor) {}

  record Row(String name, Kind kind, List<Bar> bars) {}

  private final String title;
  private final String other;
  private final List<String> panels;
  private final List<Row> rows = new ArrayList<>();

  /// @param other what the other values are; empty where there are none
  public BarChart(String title, String other, List<String> panels) {
    this.title = title;
    this.other = other;
    this.panels = List.copyOf(panels);
  }

  /// @throws IllegalArgumentException unless there is one bar for each panel
  public BarChart row(String name, Kind kind, List<Bar> bars) {
    if (bars.size() != panels.size()) {
      throw new IllegalArgumentException(
          "chart '%s' has %d panels, the row '%s' %d bars"
              .formatted(title, panels.size(), name, bars.size()));
    }
    rows.add(new Row(name, kind, List.copyOf(bars)));
    return this;
  }

  String title() {
    return title;
  }

  String other() {
    return other;
  }

  List<String> panels() {
    return panels;
  }

  List<Row> rows() {
    return List.copyOf(rows);
  }
}
