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

  /// @param group how many values each point is the mean of
  record Series(String name, List<Point> points, boolean band, int group) {}

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<Series> series = new ArrayList<>();
  private boolean doubling;

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

  /// Adds a curve. A value that is not finite leaves a gap. Very long curves are drawn as means of
  /// neighbours, and their spread as a band.
  public LineChart series(String name, double[] x, double[] y) {
    return add(name, x, y, y, y, false);
  }

  /// Adds a curve with a band from `low` to `high`.
  public LineChart series(String name, double[] x, double[] y, double[] low, double[] high) {
    return add(name, x, y, low, high, true);
  }

  private LineChart add(
      String name, double[] x, double[] y, double[] low, double[] high, boolean band) {
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
    series.add(new Series(name, thin(points, group), band || group > 1, group));
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

  List<Series> series() {
    return List.copyOf(series);
  }

  /// All points that can be drawn.
  List<Point> points() {
    return series.stream().flatMap(s -> s.points().stream()).filter(Point::isFinite).toList();
  }
}
