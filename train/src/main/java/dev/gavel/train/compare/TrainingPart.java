package dev.gavel.train.compare;

import static java.util.stream.Collectors.groupingBy;

import dev.gavel.train.report.Figures;
import dev.gavel.train.report.Table;
import dev.gavel.train.report.Table.Cell;
import dev.gavel.train.run.MetricCharts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Trainings: the last figures, and the way to them.
final class TrainingPart {
  private static final Cell NONE = Cell.of("–");

  private final List<TrainedRun> runs;

  /// @param runs of one command: losses of different ones do not compare
  private TrainingPart(List<TrainedRun> runs) {
    this.runs = runs;
  }

  static void add(Sheet sheet, List<TrainedRun> runs) {
    byCommand(runs)
        .forEach((command, some) -> {
          sheet.page().heading(title(command));
          new TrainingPart(some).add(sheet);
        });
  }

  static Map<String, List<TrainedRun>> byCommand(List<TrainedRun> runs) {
    return runs.stream()
        .collect(groupingBy(TrainedRun::what, LinkedHashMap::new, Collectors.toList()));
  }

  static String title(String command) {
    return "Training, " + command;
  }

  private void add(Sheet sheet) {
    List<MetricCharts.Curves> curves = runs.stream().map(TrainedRun::curves).toList();
    Table table = new Table(title(runs.getFirst().what()) + ": last figures").text("figure");
    runs.forEach(run -> table.numbers(run.name()));
    row(table, "step", run -> figure(run, "step"));
    row(table, "epoch", run -> figure(run, "epoch"));
    MetricCharts.keys(curves).forEach(key -> row(table, key, run -> figure(run, key)));
    row(table, "time", run -> time(run.pace()));
    row(table, "tokens per second", run -> rate(run.pace()));
    sheet.result(table.wide());
    sheet
        .page()
        .note(
            "Of each run the last value that it wrote, with its step where that is not the run's last."
                + " Time is that of all its processes, tokens per second the median of its rows.");
    MetricCharts.add(sheet.page(), curves);
  }

  private void row(Table table, String title, Function<TrainedRun, Cell> cell) {
    List<Cell> cells = new ArrayList<>(List.of(Cell.of(title)));
    runs.forEach(run -> cells.add(cell.apply(run)));
    table.cells(cells);
  }

  private static Cell figure(TrainedRun run, String key) {
    Map<String, Number> row = run.last(key);
    Number value = row.get(key);
    if (value == null) {
      return NONE;
    }
    long step = row.getOrDefault("step", run.step()).longValue();
    String text = value instanceof Long ? value.toString() : Figures.number(value.doubleValue());
    return Cell.of(text, step == run.step() ? "" : "step " + step);
  }

  private static Cell time(Pace pace) {
    return pace.seconds() > 0 ? Cell.of(Figures.duration(pace.seconds())) : NONE;
  }

  private static Cell rate(Pace pace) {
    return Double.isFinite(pace.tokensPerSecond())
        ? Cell.of("%,.0f".formatted(pace.tokensPerSecond()))
        : NONE;
  }
}
