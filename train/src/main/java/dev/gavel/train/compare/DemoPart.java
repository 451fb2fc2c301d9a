package dev.gavel.train.compare;

import static dev.gavel.train.report.JsonFigures.below;
import static dev.gavel.train.report.JsonFigures.percent;

import dev.gavel.train.report.Table;
import dev.gavel.train.report.Table.Cell;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Miniatures of the paper, say of several seeds: each method's accuracies beside each other.
final class DemoPart {
  private static final List<String> SECTIONS = List.of("in-domain", "OOD mean");

  private DemoPart() {}

  static void add(Sheet sheet, List<DemoRun> runs) {
    if (!runs.isEmpty()) {
      sheet.page().heading("The miniature");
      SECTIONS.forEach(section -> sheet.result(table(section, runs)));
    }
  }

  private static Table table(String section, List<DemoRun> runs) {
    Set<String> methods = new LinkedHashSet<>();
    runs.forEach(run -> methods.addAll(run.results().propertyNames()));
    Table table = new Table("The miniature, %s, %%".formatted(section)).text("method");
    runs.forEach(run -> table.numbers(run.name()));
    for (String method : methods) {
      List<Cell> cells = new ArrayList<>(List.of(Cell.of(method)));
      for (DemoRun run : runs) {
        JsonNode score = run.results().path(method).path(section);
        cells.add(Cell.of(percent(score.path("accuracy")), below(score.path("ci95"))));
      }
      table.cells(cells);
    }
    return table.wide();
  }
}
