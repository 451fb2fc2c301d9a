package dev.gavel.bench.report;

import dev.gavel.bench.Load;
import dev.gavel.bench.op.BenchedOps;
import dev.gavel.bench.op.OpBench;
import dev.gavel.bench.peer.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/// The JMH benches, one thread: shortly, or with `--full` as they declare it.
final class JmhSection implements Section {
  @Override
  public String name() {
    return "jmh";
  }

  @Override
  public String title() {
    return "JMH, 1 thread";
  }

  @Override
  public dev.gavel.bench.report.Result measure(Bench bench) throws IOException {
    Path log = bench.home().resolve("bench/target/jmh.log");
    Files.createDirectories(log.getParent());
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .param("op", BenchedOps.names().toArray(String[]::new))
            .exclude("KernelBench") // of CUDA: `gavel bench gpu` reports them
            .output(log.toString())
            .shouldFailOnError(false);
    if (!bench.options().full()) {
      shorten(options);
    }
    bench.say("  output: " + log);
    Collection<RunResult> results;
    try {
      results = new Runner(options.build()).run();
    } catch (RunnerException e) {
      throw new IOException(e);
    }
    return new dev.gavel.bench.report.Result(List.of(), tables(results, limits(bench)));
  }

  /// One fork of less than a second each; products of matrices and steps of training are left to
  /// the comparisons with other systems.
  private static void shorten(ChainedOptionsBuilder options) {
    options
        .include("\\.(op|model|io)\\.")
        .include("(Element|PagedAttention|\\.Attention)Bench")
        .exclude("(Sft|Dpo)Bench")
        .param("batch", "2x512", "1x2048")
        .param("heads", "12/4/64")
        .forks(1)
        .warmupIterations(2)
        .warmupTime(TimeValue.milliseconds(200))
        .measurementIterations(3)
        .measurementTime(TimeValue.milliseconds(100))
        .jvmArgsAppend("-D" + OpBench.CHECK + "=false");
  }

  /// @param read GB/s, or 0
  /// @param peak GFLOP/s, or 0
  private record Limits(double read, double peak) {}

  private static Limits limits(Bench bench) throws IOException {
    Optional<Peer> limits = bench.peer("limits");
    if (limits.isEmpty()) {
      return new Limits(0, 0);
    }
    try (Peer peer = limits.get();
        Peer gavel = bench.gavel()) {
      return new Limits(
          Turns.number(peer.ask(Peer.request("read")), "gb_per_s"),
          Turns.number(peer.ask(Peer.request("fma").put("isa", Bench.isa(gavel))), "gflop_per_s"));
    }
  }

  private static String tables(Collection<RunResult> results, Limits limits) throws IOException {
    Map<String, List<RunResult>> byBench = new LinkedHashMap<>();
    for (RunResult r : results) {
      byBench.computeIfAbsent(name(r.getParams()), _ -> new ArrayList<>()).add(r);
    }
    StringBuilder text = new StringBuilder();
    text.append("GB/s and GFLOP/s count what must be done at least. One thread reads ")
        .append(Table.number(limits.read))
        .append(" GB/s and multiplies and adds ")
        .append(Table.number(limits.peak))
        .append(" GFLOP/s at best.\n");
    for (Map.Entry<String, List<RunResult>> bench : byBench.entrySet()) {
      Table table =
          new Table(bench.getKey(), "time", "error", "GB/s", "GFLOP/s", "share of the limit");
      for (RunResult r : bench.getValue()) {
        row(table, r, limits);
      }
      text.append('\n').append(table);
    }
    return text.toString();
  }

  /// `OpBench.forward`.
  private static String name(BenchmarkParams params) {
    String[] parts = params.getBenchmark().split("\\.");
    return parts[parts.length - 2] + "." + parts[parts.length - 1];
  }

  private static void row(Table table, RunResult r, Limits limits) throws IOException {
    BenchmarkParams params = r.getParams();
    Result<?> time = r.getPrimaryResult();
    double seconds = time.getScore() * params.getTimeUnit().toNanos(1) * 1e-9;
    Load load = Loads.of(name(params), params::getParam);
    double gigabytes = 1e-9 * load.bytes() / seconds;
    double gigaflops = 1e-9 * load.flops() / seconds;
    double share =
        Math.max(
            limits.read > 0 ? gigabytes / limits.read : 0,
            limits.peak > 0 ? gigaflops / limits.peak : 0);
    double error = time.getScoreError();
    table.row(
        parameters(params),
        Table.number(time.getScore()) + " " + unit(time.getScoreUnit()),
        Double.isNaN(error) ? "" : "±" + Table.number(error),
        load.bytes() > 0 ? Table.number(gigabytes) : "",
        load.flops() > 0 ? Table.number(gigaflops) : "",
        share > 0 ? Table.number(share) : "");
  }

  private static String unit(String jmh) {
    return jmh.replace("/op", "");
  }

  /// All that differ between lines; backend and threads are the same for all.
  private static String parameters(BenchmarkParams params) {
    List<String> all = new ArrayList<>();
    for (String key : params.getParamsKeys()) {
      if (!List.of("backend", "threads", "vocabulary").contains(key)) {
        all.add(params.getParam(key));
      }
    }
    return String.join(", ", all);
  }
}
