package dev.gavel.train.compare;

import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.LineChart.Look;
import dev.gavel.train.report.Page;
import dev.gavel.train.star.RoundTables;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/// STaR loops, round by round.
final class StarPart {
  private final List<StarredRun> runs;
  private final Page page;

  private StarPart(List<StarredRun> runs, Page page) {
    this.runs = runs;
    this.page = page;
  }

  static void add(Sheet sheet, List<StarredRun> runs) {
    if (!runs.isEmpty()) {
      sheet.page().heading("STaR");
      new StarPart(runs, sheet.page()).add(sheet);
    }
  }

  private void add(Sheet sheet) {
    RoundTables tables = new RoundTables("run, round", lines());
    Set<String> files = new LinkedHashSet<>();
    runs.forEach(run -> files.addAll(run.evaluations()));
    files.forEach(file -> sheet.result(tables.judged(file)));
    sheet.result(tables.chains());
    page.note(RoundTables.REMARK);
    List<LineChart> charts = new ArrayList<>();
    files.forEach(file -> charts.add(accuracy(file)));
    charts.add(chart("Chains that are right", "%", 100, round -> round.at("/draws/right")));
    charts.add(
        chart("Chains without a verdict", "%", 100, round -> round.at("/draws/abstain_rate")));
    charts.add(chart("Yield", "rows a pair", 1, round -> round.path("rows_per_pair")));
    page.charts(charts.stream().filter(chart -> !chart.isEmpty()).map(LineChart::small).toList());
  }

  private LineChart accuracy(String file) {
    LineChart chart = chart("Majority of all votes on " + file, "accuracy, %");
    for (int i = 0; i < runs.size(); i++) {
      List<JsonNode> rounds = runs.get(i).judging(file);
      if (!rounds.isEmpty()) {
        chart.series(
            runs.get(i).name(),
            new Look(i, false),
            numbers(rounds),
            values(rounds, 100, r -> evaluation(r, file).path("accuracy")),
            values(rounds, 100, r -> evaluation(r, file).path("ci95").path(0)),
            values(rounds, 100, r -> evaluation(r, file).path("ci95").path(1)));
      }
    }
    return chart;
  }

  private static JsonNode evaluation(JsonNode round, String file) {
    return round.path("evaluations").path(file);
  }

  private LineChart chart(
      String title, String unit, double scale, Function<JsonNode, JsonNode> figure) {
    LineChart chart = chart(title, unit);
    for (int i = 0; i < runs.size(); i++) {
      List<JsonNode> rounds = runs.get(i).rounds();
      if (rounds.stream().anyMatch(round -> figure.apply(round).isNumber())) {
        chart.series(
            runs.get(i).name(), new Look(i, false), numbers(rounds), values(rounds, scale, figure));
      }
    }
    return chart;
  }

  private static LineChart chart(String title, String unit) {
    return new LineChart(title, "round", unit).countingX();
  }

  private static double[] numbers(List<JsonNode> rounds) {
    return values(rounds, 1, round -> round.path("iteration"));
  }

  private static double[] values(
      List<JsonNode> rounds, double scale, Function<JsonNode, JsonNode> figure) {
    return rounds.stream()
        .map(figure)
        .mapToDouble(value -> value.isNumber() ? scale * value.doubleValue() : Double.NaN)
        .toArray();
  }

  private List<RoundTables.Line> lines() {
    List<RoundTables.Line> lines = new ArrayList<>();
    for (StarredRun run : runs) {
      for (JsonNode round : run.rounds()) {
        lines.add(
            new RoundTables.Line(run.name() + ", " + round.path("iteration").asString(), round));
      }
    }
    return lines;
  }
}
