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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// By how much judges are better than the first one that judged the same pairs.
final class Differences {
  private static final String NONE = "–";

  /// Judges of the same pairs; `first` is the baseline of the others.
  private record Group(JudgedRun first, List<ItemVotes> items, Table table) {
    Group(JudgedRun first, List<ItemVotes> items) {
      this(first, items, Differences.table(first.name()));
    }
  }

  private final Bootstrap bootstrap;
  private final List<Group> groups = new ArrayList<>();

  private Differences(Bootstrap bootstrap) {
    this.bootstrap = bootstrap;
  }

  /// @param seed of the resamples
  static void add(Sheet sheet, List<JudgedRun> runs, long seed) throws IOException {
    Differences differences = new Differences(new Bootstrap(seed, Bootstrap.RESAMPLES));
    for (JudgedRun run : runs) {
      differences.add(run, run.items());
    }
    differences.groups.forEach(group -> sheet.result(group.table.wide()));
    if (differences.groups.stream().anyMatch(group -> !group.table.isEmpty())) {
      sheet
          .page()
          .note(
              "Pairs: those that both have judged, by id and content. The difference has its 95 %"
                  + " interval: both are resampled together, inside their subset.");
    }
  }

  private void add(JudgedRun run, List<ItemVotes> items) {
    for (Group group : groups) {
      CommonItems common = CommonItems.of(items, group.items);
      if (common.size() > 0) {
        group.table.cells(cells(run.name(), common));
        return;
      }
    }
    groups.add(new Group(run, items));
  }

  private static Table table(String baseline) {
    return new Table("Better or worse than %s on the same pairs".formatted(baseline))
        .text("run")
        .numbers("pairs", baseline, "this run", "difference, points", "says the same", "kappa");
  }

  private List<Cell> cells(String name, CommonItems common) {
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
