package dev.gavel.train.compare;

import dev.gavel.train.run.TrainingLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// How fast a training was.
///
/// @param seconds that its processes spent, those of later undone steps too
/// @param tokensPerSecond the median of its rows; NaN without any
record Pace(double seconds, double tokensPerSecond) {
  /// @param file `timings.jsonl`, whose seconds begin anew with each process
  static Pace read(Path file) throws IOException {
    List<Map<String, Number>> rows = TrainingLog.read(file);
    double seconds = 0;
    double before = 0;
    for (Map<String, Number> row : rows) {
      double now = row.getOrDefault("seconds", 0).doubleValue();
      seconds += now < before ? now : now - before;
      before = now;
    }
    double[] rates =
        rows.stream()
            .mapToDouble(row -> row.getOrDefault("tokens_per_second", Double.NaN).doubleValue())
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    return new Pace(seconds, rates.length == 0 ? Double.NaN : median(rates));
  }

  private static double median(double[] sorted) {
    int half = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[half]
        : Arrays.stream(sorted, half - 1, half + 1).average().orElseThrow();
  }
}
