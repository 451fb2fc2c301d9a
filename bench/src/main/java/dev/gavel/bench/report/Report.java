package dev.gavel.bench.report;

import dev.gavel.tensor.io.AtomicFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `gavel bench report`: measures Gavel and its peers in turns and writes `bench/PERFORMANCE.md`.
public final class Report {
  private static final List<Section> SECTIONS =
      List.of(
          new GemmSection(),
          new SftSection("7m", 7, 1, 6),
          new SftSection("100m", 3, 0, 0),
          new DpoSection(),
          new DecodeSection(),
          new VotesSection(),
          new MemorySection(),
          new StartSection(),
          new JmhSection());

  /// Above it other work disturbs what is measured.
  private static final double QUIET_LOAD = 0.7;

  private final Bench bench;
  private final List<Bar> bars = new ArrayList<>();
  private final StringBuilder body = new StringBuilder();
  private int failures;

  private Report(Bench bench) {
    this.bench = bench;
  }

  /// @param words of the command line after `report`
  /// @param home the source tree
  /// @return the exit code: 0 done, 1 something could not be measured, 2 wrong usage
  public static int run(List<String> words, Path home, PrintStream err) throws IOException {
    List<String> names = SECTIONS.stream().map(Section::name).toList();
    if (words.contains("--help") || words.contains("-h")) {
      System.out.print(ReportOptions.USAGE.formatted(String.join(", ", names)));
      return 0;
    }
    ReportOptions options;
    try {
      options = ReportOptions.parse(words, names, home);
    } catch (IllegalArgumentException e) {
      err.println("gavel bench report: " + e.getMessage());
      err.print(ReportOptions.USAGE.formatted(String.join(", ", names)));
      return 2;
    }
    Path log = home.resolve("bench/target/report.log");
    Files.createDirectories(log.getParent());
    try (PrintWriter lines = new PrintWriter(Files.newBufferedWriter(log), true)) {
      Report report = new Report(new Bench(options, home, err, lines::println));
      return report.write(String.join(" ", words));
    }
  }

  private int write(String words) throws IOException {
    long start = System.nanoTime();
    double load = Machine.load();
    if (load > QUIET_LOAD) {
      bench.say(
          "the load is %.1f: figures of a machine that is not quiet mean little".formatted(load));
    }
    for (Section section : SECTIONS) {
      if (bench.options().wants(section.name(), section.onlyInFull())) {
        measure(section);
      }
    }
    double minutes = (System.nanoTime() - start) / 60e9;
    Path file = bench.options().outputFile();
    AtomicFiles.writeString(file, head(words, load, minutes) + body);
    bench.say("%s, in %.1f minutes".formatted(file, minutes));
    return failures == 0 ? 0 : 1;
  }

  private void measure(Section section) {
    bench.say(section.title());
    long start = System.nanoTime();
    body.append("\n## ").append(section.title()).append("\n\n");
    @Nullable String failure = null;
    try {
      Result result = section.measure(bench);
      bars.addAll(result.bars());
      body.append(result.text());
    } catch (IOException | RuntimeException e) {
      failure = e.getMessage() == null ? e.toString() : e.getMessage();
    }
    if (failure != null) {
      failures++;
      bench.say("  not measured: " + failure);
      body.append("Not measured: ").append(failure).append('\n');
    }
    bench.say("  %.0f s".formatted((System.nanoTime() - start) * 1e-9));
  }

  private String head(String words, double load, double minutes) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("# Performance\n\n");
    text.append(
        "Made by a program; nothing here was typed. Gavel and its peers did the same work in turns, on the same\n");
    text.append(
        "machine in the same run (`bench/peers/README.md` says what each does). A ratio is the median of the turns'\n");
    text.append("ratios, its spread the lowest and the highest of them.\n\n");
    Table table = new Table("", "");
    table.row("command", ("`./gavel bench report " + words).strip() + "`");
    table.row("date, duration", "%s, %.0f minutes".formatted(LocalDate.now(), minutes));
    table.row("commit", Machine.commit(bench.home()));
    table.row(
        "machine",
        "%s, %d cores, %s; load at the start %.2f"
            .formatted(
                Machine.processor(),
                Runtime.getRuntime().availableProcessors(),
                Machine.memory(),
                load));
    table.row(
        "system",
        "%s %s, huge pages: %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Machine.hugePages()));
    table.row("JDK", Machine.jdk());
    text.append(table);
    if (!bars.isEmpty()) {
      Table all = new Table("bar", "found", "asked", "met");
      bars.forEach(b -> all.row(b.what(), b.found(), b.asked(), b.met() ? "yes" : "**no**"));
      text.append("\n## Bars\n\n").append(all);
    }
    return text.toString();
  }
}
