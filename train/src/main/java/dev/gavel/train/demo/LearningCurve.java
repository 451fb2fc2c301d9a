package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.report.LineChart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// The loss of base training, as its run folder tells it.
record LearningCurve(List<Point> points) {
  /// @param loss nats per completion token, a mean over the steps since the last point
  record Point(int step, double loss) {}

  static LearningCurve read(Path metrics) throws IOException {
    List<Point> points = new ArrayList<>();
    for (String line : Files.readAllLines(metrics)) {
      JsonNode row = Json.parse(line, metrics + ":" + (points.size() + 1));
      points.add(new Point(row.get("step").asInt(), row.get("loss").asDouble()));
    }
    return new LearningCurve(List.copyOf(points));
  }

  /// One curve for each phase: their texts differ, and so do the losses that can be reached.
  LineChart chart(DemoPlan plan) {
    LineChart chart = new LineChart("Loss of base training", "step", "nats per token");
    phase(chart, "textbook first", 0, plan.steps(0));
    phase(chart, "then mostly judges", plan.steps(0), plan.steps());
    return chart;
  }

  private void phase(LineChart chart, String name, int after, int last) {
    List<Point> own = points.stream().filter(p -> p.step > after && p.step <= last).toList();
    chart.series(
        name,
        own.stream().mapToDouble(Point::step).toArray(),
        own.stream().mapToDouble(Point::loss).toArray());
  }
}
