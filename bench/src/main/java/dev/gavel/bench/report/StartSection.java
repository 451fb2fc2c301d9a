package dev.gavel.bench.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// From typing a command to its end.
final class StartSection implements Section {
  private static final double DOCTOR_SECONDS = 0.6;
  private static final double MORE_SECONDS = 3;

  @Override
  public String name() {
    return "start";
  }

  @Override
  public String title() {
    return "Start";
  }

  @Override
  public Result measure(Bench bench) throws IOException {
    List<Bar> bars = new ArrayList<>();
    Table table = new Table("command", "seconds, the median", "spread", "beside");
    Command.run(bench, "doctor"); // the first start after a build makes the class archive
    Series doctor = series(bench.turns(5), () -> Command.run(bench, "doctor").seconds());
    table.row("`gavel doctor`", doctor.median(), doctor.spread(), "");
    bars.add(
        new Bar(
            "`gavel doctor`, after the first start",
            Table.number(doctor.median()) + " s",
            "under 0.6 s",
            doctor.median() < DOCTOR_SECONDS));
    bench.say("  first token of the 1B model");
    List<Path> files = weights(bench.model1b());
    List<Double> reads = new ArrayList<>();
    List<Double> firsts = new ArrayList<>();
    read(files); // into the page cache
    for (int t = 0; t < bench.turns(3); t++) {
      reads.add(read(files));
      firsts.add(FirstToken.run(bench).seconds());
    }
    Series read = Series.of(reads);
    Series first = Series.of(firsts);
    String prompt = FirstToken.hasTokenizer(bench) ? "" : ", ids (the folder has no tokenizer)";
    table.row(
        "`gavel generate --max_new_tokens 1`, 1B in bf16" + prompt,
        first.median(),
        first.spread(),
        "reading the same cached files once: %s s".formatted(Table.number(read.median())));
    double most = read.median() + MORE_SECONDS;
    bars.add(
        new Bar(
            "first token of the 1B model, from process start",
            Table.number(first.median()) + " s",
            "at most %s s (reading the cached files + 3 s)".formatted(Table.number(most)),
            first.median() <= most));
    return new Result(bars, table.toString());
  }

  private interface Timed {
    double seconds() throws IOException;
  }

  private static Series series(int turns, Timed timed) throws IOException {
    List<Double> seconds = new ArrayList<>();
    for (int t = 0; t < turns; t++) {
      seconds.add(timed.seconds());
    }
    return Series.of(seconds);
  }

  private static List<Path> weights(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".safetensors")).toList();
    }
  }

  /// Seconds to read all of the files, one after the other.
  private static double read(List<Path> files) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(8 << 20);
    long start = System.nanoTime();
    for (Path file : files) {
      try (FileChannel channel = FileChannel.open(file)) {
        while (channel.read(buffer.clear()) >= 0) {}
      }
    }
    return 1e-9 * (System.nanoTime() - start);
  }
}
