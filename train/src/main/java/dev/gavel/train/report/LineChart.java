package dev.gavel.train.report;

import java.util.ArrayList;
import java.util.List;

/// Curves over one axis, each perhaps with a band of confidence.
public final class LineChart {
  /// More points than this are averaged: a page shows no more.
  static final int MOST_POINTS = 400;

  /// @param low the lower end of the band; `y` where there is none
  record Point(double x, double y, double low, double high) {
    boolean isFinite() {
      return Double.isFinite(x)
          && Double.isFinite(y)
          && Double.isFinite(low)
          && Double.isFinite(high);
    }
  }

  /// How a curve looks.
  ///
  /// @param line colour and dash
  /// @param ringed thin, with a ring at each point: a second curve of the same colour
  public record Look(int line, boolean ringed) {
    /// A line that is nobody's: what curves are held against.
    public static final Look REFERENCE = new Look(-1, false);
  }

  /// @param group how many values each point is the mean of
  record Series(String name, Look look, List<Point> points, boolean band, int group) {}

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<Series> series = new ArrayList<>();
  private boolean doubling;
  private boolean counting;
  private boolean small;

  public LineChart(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /// Gives each doubling of x, from 1, the same room.
  public LineChart doublingX() {
    doubling = true;
    return this;
  }

  /// Writes whole numbers under the x axis, no halves.
  public LineChart countingX() {
    counting = true;
    return this;
  }

  /// For charts that stand side by side.
  public LineChart small() {
    small = true;
    return this;
  }

  /// Adds a curve. A value that is not finite leaves a gap. Very long curves are drawn as means of
  /// neighbours, and their spread as a band.
  public LineChart series(String name, double[] x, double[] y) {
    return add(name, next(), x, y, y, y, false);
  }

  /// Adds a curve that looks as it is told.
  public LineChart series(String name, Look look, double[] x, double[] y) {
    return add(name, look, x, y, y, y, false);
  }

  /// Adds a curve with a band from `low` to `high`.
  public LineChart series(String name, double[] x, double[] y, double[] low, double[] high) {
    return add(name, next(), x, y, low, high, true);
  }

  /// Adds a curve with a band that looks as it is told.
  public LineChart series(
      String name, Look look, double[] x, double[] y, double[] low, double[] high) {
    return add(name, look, x, y, low, high, true);
  }

  private Look next() {
    return new Look(series.size(), false);
  }

  private LineChart add(
      String name, Look look, double[] x, double[] y, double[] low, double[] high, boolean band) {
    if (y.length != x.length || low.length != x.length || high.length != x.length) {
      throw new IllegalArgumentException(
          "chart '%s', series '%s': %d x, %d y, %d low, %d high; expected as many of each"
              .formatted(title, name, x.length, y.length, low.length, high.length));
    }
    List<Point> points = new ArrayList<>(x.length);
    for (int i = 0; i < x.length; i++) {
      points.add(new Point(x[i], y[i], low[i], high[i]));
    }
    int group = Math.ceilDiv(points.size(), MOST_POINTS);
    series.add(new Series(name, look, thin(points, group), band || group > 1, group));
    return this;
  }

  private static List<Point> thin(List<Point> points, int group) {
    if (group <= 1) {
      return List.copyOf(points);
    }
    List<Point> thin = new ArrayList<>();
    for (int from = 0; from < points.size(); from += group) {
      List<Point> part =
          points.subList(from, Math.min(from + group, points.size())).stream()
              .filter(Point::isFinite)
              .toList();
      if (!part.isEmpty()) {
        thin.add(
            new Point(
                part.getLast().x(),
                part.stream().mapToDouble(Point::y).average().orElseThrow(),
                part.stream().mapToDouble(Point::low).min().orElseThrow(),
                part.stream().mapToDouble(Point::high).max().orElseThrow()));
      }
    }
    return thin;
  }

  String title() {
    return title;
  }

  String xLabel() {
    return xLabel;
  }

  String yLabel() {
    return yLabel;
  }

  boolean isDoubling() {
    return doubling;
  }

  boolean isCounting() {
    return counting;
  }

  boolean isSmall() {
    return small;
  }

  /// Whether nothing was added.
  public boolean isEmpty() {
    return series.isEmpty();
  }

  List<Series> series() {
    return List.copyOf(series);
  }

  /// All points that can be drawn.
  List<Point> points() {
    return series.stream().flatMap(s -> s.points().stream()).filter(Point::isFinite).toList();
  }
}
