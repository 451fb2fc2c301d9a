package dev.gavel.bench;

import dev.gavel.bench.gpu.GpuReport;
import dev.gavel.bench.op.BenchedOps;
import dev.gavel.bench.peer.Worker;
import dev.gavel.bench.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;

/// Entry point of `benchmarks.jar`, which `gavel bench` starts.
public final class Main {
  private static final String USAGE =
      """
      Usage: gavel bench [JMH options] [regular expression of benches…]
             gavel bench report [--full]      writes bench/PERFORMANCE.md, in turns with other systems
             gavel bench gpu                  models and kernels on a CUDA device, beside PyTorch, as a report
             gavel bench worker               does the work that lines of JSON ask for (bench/peers/README.md)

      Benches: OpBench (every op of the catalog), GemmBench, LinearBench, AttentionBench, PagedAttentionBench,
      ElementBench, SftBench, DpoBench, PrefillBench, DecodeBench, TokenizerBench, SafetensorsBench, and on a CUDA
      device RmsNormKernelBench and so on. -l lists them, -lp with their parameters. A short look:

        gavel bench OpBench.forward -p op=attention -f 1 -wi 2 -i 3 -w 1 -r 1

      Options of JMH:
      """;

  private Main() {}

  public static void main(String[] args) throws Exception {
    String first = args.length == 0 ? "" : args[0];
    switch (first) {
      case "report" ->
          System.exit(Report.run(List.of(args).subList(1, args.length), sources(), System.err));
      case "gpu" -> System.exit(GpuReport.run(List.of(args).subList(1, args.length), home()));
      case "worker" -> Worker.main(Arrays.copyOfRange(args, 1, args.length));
      case "--help" -> System.exit(jmh("-h"));
      default -> System.exit(jmh(args));
    }
  }

  /// The source tree, or a built copy of the same shape: the launcher names it, else it is where
  /// the jar lies.
  private static Path home() {
    String named = System.getProperty("gavel.home", "");
    Path jar = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
    return named.isEmpty() ? jar.resolve("../../..").normalize() : Path.of(named);
  }

  private static Path sources() throws IOException {
    Path home = home();
    if (!Files.exists(home.resolve("bench/pom.xml"))) {
      throw new IOException(
          home + ": is no source tree of Gavel; give it as -Dgavel.home=DIR before -jar");
    }
    return home;
  }

  /// @return the exit code: 0 done, 1 failed, 2 wrong usage
  private static int jmh(String... args) throws IOException {
    CommandLineOptions asked;
    try {
      asked = withOps(args);
    } catch (CommandLineOptionException e) {
      System.err.println("gavel bench: " + e.getMessage());
      System.err.println("'gavel bench -h' shows all options.");
      return 2;
    }
    Runner runner = new Runner(asked);
    if (asked.shouldHelp()) {
      System.out.print(USAGE);
      asked.showHelp();
    } else if (asked.shouldList()) {
      runner.list();
    } else if (asked.shouldListWithParams()) {
      runner.listWithParams(asked);
    } else if (asked.shouldListProfilers()) {
      asked.listProfilers();
    } else if (asked.shouldListResultFormats()) {
      asked.listResultFormats();
    } else {
      return run(runner);
    }
    return 0;
  }

  private static int run(Runner runner) {
    try {
      runner.run();
      return 0;
    } catch (RunnerException e) {
      System.err.println("gavel bench: " + e.getMessage());
      return 1;
    }
  }

  /// What JMH is told for a command line.
  public static Options options(String... args) throws CommandLineOptionException {
    return withOps(args);
  }

  /// The ops of [dev.gavel.bench.op.OpBench] are those of the catalog, unless some are named.
  private static CommandLineOptions withOps(String... args) throws CommandLineOptionException {
    CommandLineOptions asked = new CommandLineOptions(args);
    if (asked.getParameter("op").hasValue()) {
      return asked;
    }
    String[] more = Arrays.copyOf(args, args.length + 2);
    more[args.length] = "-p";
    more[args.length + 1] = "op=" + String.join(",", BenchedOps.names());
    return new CommandLineOptions(more);
  }
}
