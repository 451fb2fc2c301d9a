package dev.gavel.train.eval;

import dev.gavel.train.eval.Bootstrap.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// RewardBench's figures of one judge.
///
/// @param credits what each item is worth, by subset; subsets in the order in which they came
/// @param ci95 of the sections that have items and, last, of their mean: percentile bootstrap,
///   stratified by subset, weighted as the sections are
public record RewardBenchResult(Map<String, double[]> credits, Map<String, Interval> ci95) {
  private static final String MEAN = "mean_of_sections";

  static RewardBenchResult of(Map<String, double[]> credits, Bootstrap bootstrap) {
    return new RewardBenchResult(credits, intervals(credits, bootstrap));
  }

  private static Map<String, Interval> intervals(
      Map<String, double[]> credits, Bootstrap bootstrap) {
    List<String> core =
        credits.keySet().stream().filter(s -> RewardBench.section(s) != null).toList();
    List<String> present =
        RewardBench.SECTIONS.keySet().stream()
            .filter(name -> core.stream().anyMatch(s -> name.equals(RewardBench.section(s))))
            .toList();
    if (present.isEmpty()) {
      return Map.of();
    }
    int columns = present.size() + 1;
    double[] total = new double[present.size()];
    core.forEach(s -> total[present.indexOf(RewardBench.section(s))] += weight(s));
    List<double[][]> strata = new ArrayList<>();
    double[][] weights = new double[core.size()][columns];
    for (int s = 0; s < core.size(); s++) {
      String subset = core.get(s);
      int section = present.indexOf(RewardBench.section(subset));
      weights[s][section] = weight(subset);
      weights[s][columns - 1] = weight(subset) / total[section];
      strata.add(
          Arrays.stream(Objects.requireNonNull(credits.get(subset)))
              .mapToObj(credit -> DoubleStream.generate(() -> credit).limit(columns).toArray())
              .toArray(double[][]::new));
    }
    List<Interval> found = bootstrap.weighted(strata, weights);
    Map<String, Interval> named = new LinkedHashMap<>();
    for (int c = 0; c < columns; c++) {
      named.put(c < present.size() ? present.get(c) : MEAN, found.get(c));
    }
    return named;
  }

  private static double weight(String subset) {
    String section = Objects.requireNonNull(RewardBench.section(subset));
    return Objects.requireNonNull(
        Objects.requireNonNull(RewardBench.SECTIONS.get(section)).get(subset));
  }

  /// Accuracy of each subset, in the benchmark's order, then the others as they came.
  public Map<String, Double> subsets() {
    Map<String, Double> scores = new LinkedHashMap<>();
    RewardBench.SECTIONS.values().forEach(w -> w.keySet().forEach(s -> put(scores, s)));
    credits.keySet().forEach(s -> put(scores, s));
    return scores;
  }

  private void put(Map<String, Double> scores, String subset) {
    double[] items = credits.get(subset);
    if (items != null) {
      scores.put(subset, Arrays.stream(items).sum() / items.length);
    }
  }

  /// Scores of the four sections.
  public Map<String, Double> sections() {
    return RewardBench.sectionScores(subsets());
  }

  /// Mean over the items of the core set, each counting once; null without any.
  @Nullable Double itemMean() {
    double sum = 0;
    int n = 0;
    for (var subset : credits.entrySet()) {
      if (RewardBench.section(subset.getKey()) != null) {
        sum += Arrays.stream(subset.getValue()).sum();
        n += subset.getValue().length;
      }
    }
    return n == 0 ? null : (Double) (sum / n);
  }

  /// Adds them under `rewardbench`.
  void addTo(ObjectNode results) {
    ObjectNode node = results.putObject("rewardbench");
    Map<String, Double> sections = sections();
    ObjectNode scores = node.putObject("sections");
    sections.forEach(scores::put);
    node.put(MEAN, RewardBench.mean(sections));
    node.put("prompt_weighted_mean", RewardBench.promptWeighted(subsets()));
    node.put("item_mean", itemMean());
    Double prior = RewardBench.prior(subsets());
    node.put("prior_sets", prior);
    node.put("leaderboard", RewardBench.leaderboard(sections, prior));
    ObjectNode bounds = node.putObject("ci95");
    ci95.forEach((name, ci) -> bounds.putArray(name).add(ci.low()).add(ci.high()));
    ObjectNode accuracies = node.putObject("subsets");
    subsets().forEach(accuracies::put);
  }
}
