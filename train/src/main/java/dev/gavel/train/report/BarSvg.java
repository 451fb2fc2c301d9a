package dev.gavel.train.report;

import dev.gavel.train.report.BarChart.Bar;
import dev.gavel.train.report.BarChart.Row;
import java.util.List;
import java.util.Locale;

/// Bars as inline SVG. Every bar has its number beside it, and leads to where its link says.
final class BarSvg {
  private static final double WIDTH = 640;
  private static final double NAMES = 128;
  private static final double MOST_NAMES = 250;
  private static final double LETTER = 6.4;
  private static final double GAP = 20;
  private static final double NUMBER = 34;
  private static final double TOP = 24;
  private static final double ROW = 26;
  private static final double BAR = 13;
  private static final double BOTTOM = 22;

  private final BarChart chart;
  private final String id;
  private final Html html;
  private final double height;
  private final double names;
  private final double panel;

  private BarSvg(BarChart chart, String id, Html html) {
    this.chart = chart;
    this.id = id;
    this.html = html;
    int n = chart.panels().size();
    this.height = TOP + ROW * chart.rows().size() + BOTTOM;
    this.names = room(chart.rows());
    this.panel = (WIDTH - names - (n - 1) * GAP) / n - NUMBER;
  }

  /// What the longest name takes, in between two bounds.
  private static double room(List<Row> rows) {
    int longest = rows.stream().mapToInt(row -> row.name().length()).max().orElse(0);
    return Math.clamp(10 + LETTER * longest, NAMES, MOST_NAMES);
  }

  /// The middle of a name that is too long is left out; each row's bars say all of it.
  private String shown(String name) {
    int most = (int) ((names - 10) / LETTER);
    if (name.length() <= most) {
      return name;
    }
    int end = most / 2;
    return name.substring(0, most - end - 1) + "…" + name.substring(name.length() - end);
  }

  /// Writes a figure.
  ///
  /// @param id differs from that of any other chart of the page
  static void write(BarChart chart, String id, Html html) {
    html.open("figure");
    html.element("figcaption", chart.title(), "id", id + "-title");
    new BarSvg(chart, id, html).write();
    html.close("figure").line();
  }

  private void write() {
    if (!chart.other().isEmpty()) {
      html.open("ul", "class", "legend").open("li");
      html.open("svg", "viewBox", "0 0 26 8", "aria-hidden", "true");
      html.open("path", "class", "other", "d", diamond(13, 4)).close("path").close("svg");
      html.text(chart.other()).close("li").close("ul");
    }
    String box = "0 0 %.0f %.0f".formatted(WIDTH, height);
    html.open("svg", "viewBox", box, "role", "img", "aria-labelledby", id + "-title").line();
    for (int p = 0; p < chart.panels().size(); p++) {
      frame(p);
    }
    List<Row> rows = chart.rows();
    for (int r = 0; r < rows.size(); r++) {
      double y = TOP + ROW * r + ROW / 2;
      html.element(
          "text",
          shown(rows.get(r).name()),
          "class",
          "name",
          "x",
          at(names - 10),
          "y",
          at(y + 4),
          "text-anchor",
          "end");
      for (int p = 0; p < chart.panels().size(); p++) {
        Bar bar = rows.get(r).bars().get(p);
        if (Double.isFinite(bar.value())) {
          bar(bar, rows.get(r), chart.panels().get(p), left(p), y);
        }
      }
      html.line();
    }
    html.close("svg");
  }

  private double left(int p) {
    return names + p * (panel + NUMBER + GAP);
  }

  private void frame(int p) {
    double x = left(p);
    double floor = height - BOTTOM;
    html.open("g", "class", "grid");
    html.element("text", chart.panels().get(p), "class", "name", "x", at(x), "y", 12);
    for (int tick : new int[] {0, 50, 100}) {
      double tx = x + panel * tick / 100;
      String style = tick == 50 ? "chance" : tick == 0 ? "axis" : "";
      path(style, "M%s %sV%s".formatted(at(tx), at(TOP), at(floor)));
      html.element(
          "text",
          Integer.toString(tick),
          "x",
          at(tx),
          "y",
          at(height - 6),
          "text-anchor",
          "middle");
    }
    html.close("g").line();
  }

  private void bar(Bar bar, Row row, String panelName, double x, double y) {
    boolean leads = !bar.anchor().isEmpty();
    if (leads) {
      html.open("a", "href", "#" + bar.anchor());
    }
    html.open("g", "class", "bar k" + row.kind().ordinal());
    html.element("title", words(bar, row, panelName));
    double end = x + panel * bar.value() / 100;
    double half = BAR / 2;
    path("fill", "M%s %sH%sV%sH%sZ".formatted(at(x), at(y - half), at(end), at(y + half), at(x)));
    double low = x + panel * bar.low() / 100;
    double high = x + panel * bar.high() / 100;
    path("whisker", "M%s %sH%s".formatted(at(low), at(y), at(high)));
    if (Double.isFinite(bar.other())) {
      path("other", diamond(x + panel * bar.other() / 100, y));
    }
    html.element(
        "text", number(bar.value()), "class", "value", "x", at(x + panel + 5), "y", at(y + 4));
    html.close("g");
    if (leads) {
      html.close("a");
    }
  }

  private String words(Bar bar, Row row, String panelName) {
    String text =
        "%s, %s: %s [%s, %s]"
            .formatted(
                row.name(), panelName, number(bar.value()), number(bar.low()), number(bar.high()));
    return Double.isFinite(bar.other())
        ? text + "\n%s: %s".formatted(chart.other(), number(bar.other()))
        : text;
  }

  private static String diamond(double x, double y) {
    return "M%s %sl4 4l-4 4l-4 -4Z".formatted(at(x), at(y - 4));
  }

  private void path(String style, String d) {
    html.open("path", "class", style, "d", d).close("path");
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String at(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
