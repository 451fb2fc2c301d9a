package dev.gavel.train.compare;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import dev.gavel.train.report.Table.Cell;
import dev.gavel.train.run.RunReport;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/// `gavel report`: one page that compares runs, made of what their folders hold and nothing else.
public final class Comparison {
  private final CompareOptions options;
  private final List<Run> runs;

  private Comparison(CompareOptions options, List<Run> runs) {
    this.options = options;
    this.runs = runs;
  }

  /// Reads the folders.
  ///
  /// @throws FormatException naming every folder that is no run
  public static Comparison of(CompareOptions options) throws IOException {
    requireNoReportOfARun(options);
    return new Comparison(options, RunReader.readAll(options.runs()));
  }

  /// Writes the page.
  ///
  /// @return the tables of results as lines
  public String write() throws IOException {
    Sheet sheet = sheet();
    sheet.page().write(options.outputFile());
    return sheet.text();
  }

  /// A word on each run that is not done.
  public List<String> unfinished() {
    return runs.stream()
        .filter(run -> !run.isFinished())
        .map(run -> run.folder().dir() + ": " + run.state())
        .toList();
  }

  /// Every run has a page of that name, which must not be lost.
  private static void requireNoReportOfARun(CompareOptions options) throws FormatException {
    Path page = options.outputFile().toAbsolutePath().normalize();
    for (Path run : options.runs()) {
      if (page.equals(run.resolve(RunReport.FILE).toAbsolutePath().normalize())) {
        throw new FormatException(
            "%s: is the run's own report; choose another --output_file"
                .formatted(options.outputFile()));
      }
    }
  }

  private Sheet sheet() throws IOException {
    Sheet sheet = new Sheet(new Page(title()));
    sheet.page().table(overview()).contents();
    TrainingPart.add(sheet, of(TrainedRun.class, run -> run.step() > 0));
    List<JudgedRun> judged = of(JudgedRun.class, Run::isFinished);
    JudgingPart.add(sheet, judged, options.seed());
    BenchPart.add(sheet, judged.stream().filter(run -> run.bench().isObject()).toList());
    BenchPart.addSecond(sheet, of(ScoredRun.class, Run::isFinished));
    StarPart.add(sheet, of(StarredRun.class, run -> !run.rounds().isEmpty()));
    DemoPart.add(sheet, of(DemoRun.class, Run::isFinished));
    settings(sheet.page());
    return sheet;
  }

  private String title() {
    return runs.size() <= 3
        ? String.join(", ", runs.stream().map(Run::name).toList())
        : runs.size() + " runs";
  }

  private <R extends Run> List<R> of(Class<R> kind, Predicate<R> which) {
    return runs.stream().filter(kind::isInstance).map(kind::cast).filter(which).toList();
  }

  private Table overview() {
    Table table = new Table("Runs").text("run").text("command").text("state");
    for (Run run : runs) {
      table.cells(
          List.of(new Cell(run.name(), "", link(run)), Cell.of(run.what()), Cell.of(run.state())));
    }
    return table;
  }

  /// Where the run's own page is, seen from this one; empty without one.
  private String link(Run run) {
    Path page = run.folder().dir().resolve(RunReport.FILE).toAbsolutePath().normalize();
    Path here =
        Objects.requireNonNull(options.outputFile().toAbsolutePath().normalize().getParent());
    if (!Files.exists(page)) {
      return "";
    }
    if (!Objects.equals(page.getRoot(), here.getRoot())) {
      return page.toUri().toString();
    }
    String relative = "./" + here.relativize(page).toString().replace('\\', '/');
    try {
      return new URI(null, null, relative, null).toASCIIString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(page + ": has no address", e);
    }
  }

  private void settings(Page page) {
    page.heading("Settings");
    TrainingPart.byCommand(of(TrainedRun.class, run -> true))
        .forEach((command, some) -> Settings.add(page, TrainingPart.title(command), some));
    Settings.add(page, "Judging", of(JudgedRun.class, run -> true));
    Settings.add(page, "RewardBench 2", of(ScoredRun.class, run -> true));
    Settings.add(page, "STaR", of(StarredRun.class, run -> true));
    Settings.add(page, "The miniature", of(DemoRun.class, run -> true));
  }
}
