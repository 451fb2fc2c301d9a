package dev.gavel.train.compare;

import static dev.gavel.train.report.JsonFigures.below;
import static dev.gavel.train.report.JsonFigures.number;
import static dev.gavel.train.report.JsonFigures.percent;

import dev.gavel.train.eval.MajCurve;
import dev.gavel.train.report.BarChart;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.LineChart.Look;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import dev.gavel.train.report.Table.Cell;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Judged folders: what each judge is worth, and where they differ on the same pairs.
final class JudgingPart {
  private final List<JudgedRun> runs;
  private final Page page;

  private JudgingPart(List<JudgedRun> runs, Page page) {
    this.runs = runs;
    this.page = page;
  }

  /// @param seed of the resamples
  static void add(Sheet sheet, List<JudgedRun> runs, long seed) throws IOException {
    if (!runs.isEmpty()) {
      sheet.page().heading("Judging");
      new JudgingPart(runs, sheet.page()).add(sheet, seed);
    }
  }

  private void add(Sheet sheet, long seed) throws IOException {
    sheet.result(figures());
    page.note(
        "Per cent but for Brier and ECE. Accuracy is that of the majority of all votes, with its 95 %"
            + " interval; mean P that of the labelled response; position bias: answers A more often"
            + " than half, over both orders.");
    bars();
    Differences.add(sheet, runs, seed);
    curves();
    reliability();
    sheet.result(subsets());
  }

  private Table figures() {
    Table table =
        new Table("Judging")
            .text("run")
            .numbers("pairs", "accuracy", "Maj@1", "mean P", "no verdict", "say A")
            .numbers("position bias", "orders disagree", "Brier", "ECE")
            .wide();
    for (JudgedRun run : runs) {
      JsonNode r = run.results();
      table.cells(
          List.of(
              Cell.of(run.name()),
              Cell.of(number(r.path("n"))),
              Cell.of(percent(r.path("accuracy")), below(r.path("ci95"))),
              Cell.of(percent(r.path("maj").path("1"))),
              Cell.of(percent(r.path("soft_accuracy"))),
              Cell.of(percent(r.path("abstain_rate"))),
              Cell.of(percent(r.path("a_rate"))),
              Cell.of(percent(r.path("position_bias"))),
              Cell.of(percent(r.path("order_disagreement"))),
              Cell.of(number(r.path("calibration").path("brier"))),
              Cell.of(number(r.path("calibration").path("ece")))));
    }
    return table;
  }

  private void bars() {
    if (runs.stream().anyMatch(run -> run.results().path("accuracy").isNumber())) {
      BarChart chart = new BarChart("Accuracy with its 95 % interval", "", List.of("%"));
      for (JudgedRun run : runs) {
        JsonNode r = run.results();
        chart.row(
            run.name(), BarChart.Kind.SECOND, List.of(Bars.of(r.path("accuracy"), r.path("ci95"))));
      }
      page.chart(chart);
    }
  }

  private void curves() {
    LineChart chart =
        new LineChart("Accuracy of the majority of k votes", "votes", "accuracy, %").doublingX();
    for (int i = 0; i < runs.size(); i++) {
      Look look = new Look(i, false);
      String name = runs.get(i).name();
      MajCurve.of(runs.get(i).results())
          .ifPresent(curve -> chart.series(name, look, curve.k(), curve.y()));
    }
    if (!chart.isEmpty()) {
      page.chart(chart);
    }
  }

  private void reliability() {
    LineChart chart =
        new LineChart("Is it right as often as its P says?", "confidence, %", "accuracy, %");
    for (int i = 0; i < runs.size(); i++) {
      List<JsonNode> bins =
          runs.get(i)
              .results()
              .path("calibration")
              .path("bins")
              .valueStream()
              .filter(bin -> bin.path("n").asInt(0) > 0)
              .toList();
      if (!bins.isEmpty()) {
        chart.series(
            runs.get(i).name(),
            new Look(i, true),
            values(bins, "confidence"),
            values(bins, "accuracy"));
      }
    }
    if (!chart.isEmpty()) {
      double[] ends = {50, 100};
      page.chart(chart.series("calibrated", Look.REFERENCE, ends, ends));
    }
  }

  private static double[] values(List<JsonNode> bins, String key) {
    return bins.stream().mapToDouble(bin -> 100 * bin.path(key).asDouble(Double.NaN)).toArray();
  }

  private Table subsets() {
    Set<String> names = new LinkedHashSet<>();
    runs.forEach(run -> names.addAll(run.results().path("subsets").propertyNames()));
    Table table = new Table("Accuracy by subset, %").text("subset");
    runs.forEach(run -> table.numbers(run.name()));
    for (String name : names) {
      List<Cell> cells = new ArrayList<>(List.of(Cell.of(name)));
      for (JudgedRun run : runs) {
        JsonNode subset = run.results().path("subsets").path(name);
        String pairs = subset.isObject() ? number(subset.path("n")) + " pairs" : "";
        cells.add(Cell.of(percent(subset.path("accuracy")), pairs));
      }
      table.cells(cells);
    }
    return table.wide();
  }
}
