package dev.gavel.train.report;

import dev.gavel.train.report.LineChart.Look;
import dev.gavel.train.report.LineChart.Point;
import dev.gavel.train.report.LineChart.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// A chart as inline SVG: grid, bands, lines, and over each point a spot that shows its figures
/// when the pointer rests on it. Lines differ by colour and by dash; the style sheet holds both.
final class ChartSvg {
  private static final double LEFT = 62;
  private static final double RIGHT = 14;
  private static final double TOP = 12;
  private static final double BOTTOM = 46;
  private static final int STYLES = 12;
  private static final int MOST_RINGS = 60;

  private final LineChart chart;
  private final String id;
  private final Html html;
  private final double width;
  private final double height;
  private final Axis x;
  private final Axis y;

  private ChartSvg(LineChart chart, String id, Html html, List<Point> points) {
    this.chart = chart;
    this.id = id;
    this.html = html;
    this.width = chart.isSmall() ? 440 : 640;
    this.height = chart.isSmall() ? 240 : 300;
    this.x = xAxis(chart, min(points, Point::x), max(points, Point::x), width - LEFT - RIGHT);
    this.y =
        Axis.round(min(points, Point::low), max(points, Point::high), height - TOP - BOTTOM, 5);
  }

  private static Axis xAxis(LineChart chart, double low, double high, double length) {
    if (chart.isDoubling()) {
      return Axis.doublings(high, length);
    }
    if (high <= low) {
      return Axis.round(low, high, length, 2);
    }
    int wanted = chart.isSmall() ? 5 : 7;
    return chart.isCounting()
        ? Axis.whole(low, high, length, wanted)
        : Axis.exact(low, high, length, wanted);
  }

  /// Writes a figure.
  ///
  /// @param id differs from that of any other chart of the page
  static void write(LineChart chart, String id, Html html) {
    List<Point> points = chart.points();
    html.open("figure");
    html.element("figcaption", chart.title(), "id", id + "-title");
    if (points.isEmpty()) {
      html.element("p", "Nothing to draw: no finite values.", "class", "note");
    } else {
      new ChartSvg(chart, id, html, points).write();
    }
    html.close("figure").line();
  }

  private void write() {
    legend();
    html.open(
        "svg",
        "viewBox",
        "0 0 %.0f %.0f".formatted(width, height),
        "role",
        "img",
        "aria-labelledby",
        id + "-title " + id + "-desc");
    html.element("desc", description(), "id", id + "-desc");
    grid();
    List<Series> series = chart.series();
    series.forEach(this::curve);
    series.forEach(this::spots);
    html.close("svg");
    int group = series.stream().mapToInt(Series::group).max().orElse(1);
    if (group > 1) {
      html.element(
          "p",
          "Each point is the mean of %d values; the band spans them.".formatted(group),
          "class",
          "note");
    }
  }

  private static String style(Series series) {
    Look look = series.look();
    return look.equals(Look.REFERENCE)
        ? "reference"
        : "s" + look.line() % STYLES + (look.ringed() ? " ringed" : "");
  }

  private void curve(Series series) {
    html.open("g", "class", style(series));
    for (List<Point> run : runs(series.points())) {
      run(run, series.band());
    }
    if (series.look().ringed() && series.points().size() <= MOST_RINGS) {
      series.points().stream().filter(Point::isFinite).forEach(p -> ring(px(p.x()), py(p.y())));
    }
    html.close("g").line();
  }

  private void ring(double atX, double atY) {
    html.open("circle", "class", "ring", "cx", point(atX), "cy", point(atY), "r", 2.7);
    html.close("circle");
  }

  private void legend() {
    List<Series> series = chart.series();
    if (series.size() < 2) {
      return; // the title says what the one curve is
    }
    html.open("ul", "class", "legend");
    for (Series one : series) {
      html.open("li").open("svg", "viewBox", "0 0 26 8", "aria-hidden", "true");
      html.open("g", "class", style(one));
      html.open("path", "class", "line", "d", "M1 4H25").close("path");
      if (one.look().ringed()) {
        ring(13, 4);
      }
      html.close("g").close("svg").text(one.name()).close("li");
    }
    html.close("ul");
  }

  private String description() {
    List<String> parts = new ArrayList<>();
    for (Series series : chart.series()) {
      List<Point> points = series.points().stream().filter(Point::isFinite).toList();
      if (!points.isEmpty()) {
        Point first = points.getFirst();
        Point last = points.getLast();
        parts.add(
            "%s: %s at %s %s, %s at %s."
                .formatted(
                    series.name(),
                    Figures.number(first.y()),
                    chart.xLabel(),
                    Figures.number(first.x()),
                    Figures.number(last.y()),
                    Figures.number(last.x())));
      }
    }
    return chart.yLabel() + " over " + chart.xLabel() + ". " + String.join(" ", parts);
  }

  private void grid() {
    html.open("g", "class", "grid");
    for (double tick : y.ticks()) {
      path("", "M%sH%s".formatted(pair(LEFT, py(tick)), point(width - RIGHT)));
      label(LEFT - 8, py(tick) + 4, "end", Figures.number(tick));
    }
    double floor = height - BOTTOM;
    path("axis", "M%sH%s".formatted(pair(LEFT, floor), point(width - RIGHT)));
    for (double tick : x.ticks()) {
      path("axis", "M%sv5".formatted(pair(px(tick), floor)));
      label(px(tick), floor + 19, "middle", Figures.number(tick));
    }
    label((LEFT + width - RIGHT) / 2, height - 6, "middle", chart.xLabel());
    html.element(
        "text",
        chart.yLabel(),
        "transform",
        "translate(13 %s) rotate(-90)".formatted(point((TOP + floor) / 2)),
        "text-anchor",
        "middle");
    html.close("g").line();
  }

  private void label(double atX, double atY, String anchor, String text) {
    html.element("text", text, "x", point(atX), "y", point(atY), "text-anchor", anchor);
  }

  private void path(String style, String d) {
    html.open("path", "class", style, "d", d).close("path");
  }

  /// Points next to each other without a gap.
  private static List<List<Point>> runs(List<Point> points) {
    List<List<Point>> runs = new ArrayList<>();
    List<Point> run = new ArrayList<>();
    for (Point point : points) {
      if (point.isFinite()) {
        run.add(point);
      } else if (!run.isEmpty()) {
        runs.add(run);
        run = new ArrayList<>();
      }
    }
    if (!run.isEmpty()) {
      runs.add(run);
    }
    return runs;
  }

  private void run(List<Point> run, boolean band) {
    if (band) {
      String there = line(run, Point::high);
      String back = line(run.reversed(), Point::low);
      path("band", "M" + there + "L" + back + "Z");
    }
    path("line", "M" + line(run, Point::y) + (run.size() == 1 ? "h0.01" : ""));
  }

  private String line(List<Point> run, ToDoubleFunction<Point> value) {
    StringBuilder line = new StringBuilder();
    for (Point p : run) {
      line.append(line.isEmpty() ? "" : "L").append(pair(px(p.x()), py(value.applyAsDouble(p))));
    }
    return line.toString();
  }

  private void spots(Series series) {
    html.open("g", "class", style(series));
    for (Point p : series.points()) {
      if (p.isFinite()) {
        html.open(
            "circle", "class", "spot", "cx", point(px(p.x())), "cy", point(py(p.y())), "r", 5);
        html.element("title", figures(series, p)).close("circle");
      }
    }
    html.close("g").line();
  }

  private String figures(Series series, Point p) {
    String text =
        "%s: %s\n%s: %s"
            .formatted(chart.xLabel(), Figures.number(p.x()), series.name(), Figures.number(p.y()));
    return series.band()
        ? text + " [%s, %s]".formatted(Figures.number(p.low()), Figures.number(p.high()))
        : text;
  }

  private double px(double value) {
    return LEFT + x.at(value);
  }

  private double py(double value) {
    return height - BOTTOM - y.at(value);
  }

  private static String pair(double atX, double atY) {
    return point(atX) + " " + point(atY);
  }

  private static String point(double at) {
    return String.format(Locale.ROOT, "%.1f", at);
  }

  private static double min(List<Point> points, ToDoubleFunction<Point> value) {
    return points.stream().mapToDouble(value).min().orElseThrow();
  }

  private static double max(List<Point> points, ToDoubleFunction<Point> value) {
    return points.stream().mapToDouble(value).max().orElseThrow();
  }
}
