package dev.gavel.train.compare;

import static dev.gavel.train.report.JsonFigures.below;
import static dev.gavel.train.report.JsonFigures.number;
import static dev.gavel.train.report.JsonFigures.percent;

import dev.gavel.train.eval.RewardBench;
import dev.gavel.train.report.BarChart;
import dev.gavel.train.report.Table;
import dev.gavel.train.report.Table.Cell;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// RewardBench and RewardBench 2.
final class BenchPart {
  private static final List<String> SECTIONS = List.copyOf(RewardBench.SECTIONS.keySet());

  private BenchPart() {}

  static void add(Sheet sheet, List<JudgedRun> runs) {
    if (runs.isEmpty()) {
      return;
    }
    sheet.page().heading("RewardBench");
    Table table = new Table("RewardBench, %").text("run");
    table.numbers(SECTIONS.toArray(String[]::new));
    table.numbers("mean of sections", "weighted by prompts", "prior sets", "leaderboard").wide();
    BarChart bars = new BarChart("Sections with their 95 % intervals", "", SECTIONS);
    for (JudgedRun run : runs) {
      JsonNode bench = run.bench();
      table.cells(cells(run.name(), bench));
      bars.row(
          run.name(),
          BarChart.Kind.SECOND,
          SECTIONS.stream()
              .map(s -> Bars.of(bench.path("sections").path(s), bench.path("ci95").path(s)))
              .toList());
    }
    sheet.result(table);
    sheet.page().chart(bars);
  }

  private static List<Cell> cells(String name, JsonNode bench) {
    JsonNode ci95 = bench.path("ci95");
    List<Cell> cells = new ArrayList<>(List.of(Cell.of(name)));
    for (String section : SECTIONS) {
      cells.add(Cell.of(percent(bench.path("sections").path(section)), below(ci95.path(section))));
    }
    cells.add(
        Cell.of(percent(bench.path("mean_of_sections")), below(ci95.path("mean_of_sections"))));
    for (String key : List.of("prompt_weighted_mean", "prior_sets", "leaderboard")) {
      cells.add(Cell.of(percent(bench.path(key))));
    }
    return cells;
  }

  static void addSecond(Sheet sheet, List<ScoredRun> runs) {
    if (runs.isEmpty()) {
      return;
    }
    sheet.page().heading("RewardBench 2");
    Table table = new Table("RewardBench 2, %").text("subset");
    runs.forEach(run -> table.numbers(run.name()));
    Set<String> subsets = new LinkedHashSet<>();
    runs.forEach(run -> subsets.addAll(run.results().path("subsets").propertyNames()));
    subsets.forEach(name ->
        row(
            table,
            name,
            runs.stream().map(r -> percent(r.results().at("/subsets").path(name))).toList()));
    row(table, "mean", runs.stream().map(r -> percent(r.results().path("mean"))).toList());
    row(table, "questions", runs.stream().map(r -> number(r.results().path("n"))).toList());
    sheet.result(table);
  }

  private static void row(Table table, String title, List<String> figures) {
    List<String> cells = new ArrayList<>(List.of(title));
    cells.addAll(figures);
    table.row(cells);
  }
}
