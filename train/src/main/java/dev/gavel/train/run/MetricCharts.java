package dev.gavel.train.run;

import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.LineChart.Look;
import dev.gavel.train.report.Page;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// What trainings wrote to `metrics.jsonl`, as charts: one for each metric, with a curve for each
/// run that has it and, with rings, one of its evaluations.
public final class MetricCharts {
  /// @param name empty where it is the only one
  /// @param history rows of `metrics.jsonl`
  public record Curves(String name, List<Map<String, Number>> history) {
    private String named(String what) {
      return name.isEmpty() ? what : what.equals(TRAINING) ? name : name + ", " + what;
    }
  }

  private static final String TRAINING = "training";
  private static final String EVALUATION = "evaluation";
  private static final String EVAL = "eval_";
  private static final String LOSS = "loss";

  /// What every row has.
  private static final Set<String> PLACE = Set.of("step", "epoch");

  private static final List<String> LAST = List.of("num_tokens", "grad_norm", "learning_rate");

  private static final Map<String, String> UNITS =
      Map.ofEntries(
          Map.entry("mean_token_accuracy", "share of tokens"),
          Map.entry("accuracy", "share of pairs"),
          Map.entry("rewards/accuracies", "share of pairs"),
          Map.entry("p_other", "probability of neither"),
          Map.entry("entropy", "nats"),
          Map.entry("logps/chosen", "nats"),
          Map.entry("logps/rejected", "nats"),
          Map.entry("num_tokens", "tokens"),
          Map.entry("grad_norm", "before clipping"));

  private MetricCharts() {}

  /// Adds the charts: the loss alone, the others side by side.
  public static void add(Page page, List<Curves> runs) {
    List<LineChart> others = new ArrayList<>();
    for (String metric : names(runs)) {
      LineChart chart = chart(metric, runs);
      if (metric.equals(LOSS)) {
        page.chart(chart);
      } else {
        others.add(chart.small());
      }
    }
    if (!others.isEmpty()) {
      page.charts(others);
    }
  }

  /// What is in any row, each metric followed by that of the evaluation, in the order in which they
  /// come; what says how the run went, and not what it learned, is last.
  public static List<String> keys(List<Curves> runs) {
    Set<String> there = new LinkedHashSet<>();
    runs.forEach(run -> run.history().forEach(row -> there.addAll(row.keySet())));
    return names(runs).stream()
        .flatMap(name -> Stream.of(name, EVAL + name))
        .filter(there::contains)
        .toList();
  }

  /// Metrics, without `eval_`.
  private static Set<String> names(List<Curves> runs) {
    Set<String> names = new LinkedHashSet<>();
    for (Curves run : runs) {
      for (Map<String, Number> row : run.history()) {
        row.keySet().forEach(k -> names.add(k.startsWith(EVAL) ? k.substring(EVAL.length()) : k));
      }
    }
    names.removeAll(PLACE);
    List<String> last = LAST.stream().filter(names::remove).toList();
    names.addAll(last);
    return names;
  }

  private static LineChart chart(String metric, List<Curves> runs) {
    LineChart chart = new LineChart(metric, "step", UNITS.getOrDefault(metric, "")).countingX();
    for (int i = 0; i < runs.size(); i++) {
      Curves run = runs.get(i);
      curve(chart, run.named(TRAINING), new Look(i, false), run.history(), metric);
      curve(chart, run.named(EVALUATION), new Look(i, true), run.history(), EVAL + metric);
    }
    return chart;
  }

  private static void curve(
      LineChart chart, String name, Look look, List<Map<String, Number>> history, String key) {
    Map<Double, Double> values = new LinkedHashMap<>();
    for (Map<String, Number> row : history) {
      Number value = row.get(key);
      if (value != null) {
        values.put(row.getOrDefault("step", Double.NaN).doubleValue(), value.doubleValue());
      }
    }
    if (!values.isEmpty()) {
      chart.series(name, look, array(values.keySet()), array(values.values()));
    }
  }

  private static double[] array(Collection<Double> values) {
    return values.stream().mapToDouble(v -> v).toArray();
  }
}
