package dev.gavel.train.compare;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.run.MetricCharts;
import dev.gavel.train.run.RunFolder;
import dev.gavel.train.run.RunReport;
import dev.gavel.train.run.TrainingLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A training.
///
/// @param info versions and fingerprints
/// @param history rows of `metrics.jsonl`
record TrainedRun(
    Folder folder, JsonNode info, List<Map<String, Number>> history, Pace pace, boolean finished)
    implements Run {

  static boolean isOne(Path dir) {
    return Files.exists(dir.resolve(RunFolder.CONFIG));
  }

  static TrainedRun read(Path dir, String name) throws IOException {
    Path info = dir.resolve(RunFolder.INFO);
    return new TrainedRun(
        new Folder(dir, name, Json.read(dir.resolve(RunFolder.CONFIG))),
        Files.exists(info) ? Json.read(info) : Json.mapper().createObjectNode(),
        TrainingLog.read(dir.resolve(TrainingLog.METRICS)),
        Pace.read(dir.resolve(TrainingLog.TIMINGS)),
        Files.exists(dir.resolve(RunReport.FILE)));
  }

  @Override
  public String what() {
    return info.path("command").asString("?");
  }

  @Override
  public String state() {
    return finished ? FINISHED : "not finished: step " + step();
  }

  MetricCharts.Curves curves() {
    return new MetricCharts.Curves(name(), history);
  }

  /// The last step that it has written of; 0 without any.
  long step() {
    return history.isEmpty() ? 0 : history.getLast().getOrDefault("step", 0).longValue();
  }

  /// The last row with a metric, empty without one.
  Map<String, Number> last(String key) {
    return history.reversed().stream()
        .filter(row -> row.containsKey(key))
        .findFirst()
        .orElse(Map.of());
  }
}
