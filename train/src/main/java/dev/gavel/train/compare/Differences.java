package dev.gavel.train.compare;

import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.Bootstrap.Interval;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.eval.PairedAccuracy;
import dev.gavel.train.judge.CommonItems;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.Table;
import dev.gavel.train.report.Table.Cell;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// By how much judges are better than the first one, on the pairs that both have judged.
final class Differences {
  private static final String NONE = "–";

  private Differences() {}

  /// Nothing for a single run.
  static void add(Sheet sheet, List<JudgedRun> runs, long seed) throws IOException {
    if (runs.size() < 2) {
      return;
    }
    Bootstrap bootstrap = new Bootstrap(seed, Bootstrap.RESAMPLES);
    JudgedRun first = runs.getFirst();
    Table table =
        new Table("Better or worse than %s on the same pairs".formatted(first.name()))
            .text("run")
            .numbers("pairs", first.name(), "this run", "difference, points")
            .numbers("says the same", "kappa");
    List<ItemVotes> baseline = first.items();
    for (JudgedRun run : runs.subList(1, runs.size())) {
      table.cells(cells(run.name(), CommonItems.of(run.items(), baseline), bootstrap));
    }
    sheet.result(table);
    sheet
        .page()
        .note(
            "Pairs: those that both have judged, by id and content. The difference has its 95 %"
                + " interval: both are resampled together, inside their subset, %,d times."
                    .formatted(Bootstrap.RESAMPLES));
  }

  private static List<Cell> cells(String name, CommonItems common, Bootstrap bootstrap) {
    if (common.size() == 0) {
      Cell none = Cell.of(NONE);
      return List.of(Cell.of(name), Cell.of("0"), none, none, none, none, none);
    }
    PairedAccuracy right = common.accuracy(bootstrap);
    return List.of(
        Cell.of(name),
        Cell.of(Integer.toString(common.size())),
        Cell.of(Figures.percent(right.b())),
        Cell.of(Figures.percent(right.a())),
        difference(right.a(), right.b(), right.ci95()),
        Cell.of(Figures.percent(common.agreement().agreement())),
        kappa(common.agreement().kappa()));
  }

  private static Cell difference(
      @Nullable Double run, @Nullable Double first, @Nullable Interval ci95) {
    if (run == null || first == null || ci95 == null) {
      return Cell.of(NONE);
    }
    return Cell.of(
        Figures.points(run - first),
        Figures.points(ci95.low()) + " to " + Figures.points(ci95.high()));
  }

  private static Cell kappa(@Nullable Double kappa) {
    return Cell.of(kappa == null ? NONE : Figures.number(kappa));
  }
}
