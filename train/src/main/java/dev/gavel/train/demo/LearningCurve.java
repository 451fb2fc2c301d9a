package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.report.LineChart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// How base training went, as its run folder tells it.
///
/// @param losses nats per completion token, means over the steps since the point before
/// @param marks the share of marks on clean chains for which the model's first choice is right
record LearningCurve(List<Point> losses, List<Point> marks) {
  record Point(int step, double value) {}

  /// The first steps fall from log 92 to below 1; a chart with them shows nothing else.
  private static final double LEFT_OUT = 0.03;

  static LearningCurve read(Path metrics) throws IOException {
    List<Point> losses = new ArrayList<>();
    List<Point> marks = new ArrayList<>();
    int line = 0;
    for (String text : Files.readAllLines(metrics)) {
      JsonNode row = Json.parse(text, metrics + ":" + ++line);
      int step = row.get("step").asInt();
      if (row.has("loss")) {
        losses.add(new Point(step, row.get("loss").asDouble()));
      }
      if (row.has("eval_mean_token_accuracy")) {
        marks.add(new Point(step, row.get("eval_mean_token_accuracy").asDouble()));
      }
    }
    return new LearningCurve(List.copyOf(losses), List.copyOf(marks));
  }

  /// One curve for each phase: their texts differ, and so do the losses that can be reached.
  LineChart lossChart(DemoPlan plan) {
    int from = (int) (LEFT_OUT * plan.steps());
    LineChart chart =
        new LineChart("Loss of base training, from step %,d on".formatted(from), "step", "nats per token");
    int first = plan.steps(0);
    add(chart, "textbook first", between(losses, from, first), 1);
    add(chart, "then mostly judges", between(losses, first, plan.steps()), 1);
    return chart;
  }

  LineChart marksChart() {
    LineChart chart = new LineChart("Comparisons that are right, on clean chains", "step", "per cent");
    add(chart, "right or wrong", marks, 100);
    return chart;
  }

  private static List<Point> between(List<Point> points, int after, int last) {
    return points.stream().filter(p -> p.step >= after && p.step <= last).toList();
  }

  private static void add(LineChart chart, String name, List<Point> points, double scale) {
    chart.series(
        name,
        points.stream().mapToDouble(Point::step).toArray(),
        points.stream().mapToDouble(p -> scale * p.value).toArray());
  }
}
