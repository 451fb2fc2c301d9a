package dev.gavel.bench.report;

import dev.gavel.bench.peer.Peer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// f32 products against OpenBLAS on the same instruction set.
final class GemmSection implements Section {
  private static final int[][] SHAPES = {
    {1024, 1024, 1024}, {2048, 2048, 2048}, {512, 8192, 2048}, {512, 2048, 8192}
  };
  private static final List<String> LAYOUTS = List.of("NT", "NN", "TN");

  /// Many short turns: other work on the machine comes and goes within a second, so that
  /// neighbouring turns meet more of the same than long ones do.
  private static final int TURNS = 11;

  private static final double SECONDS = 0.1;

  /// Sums of squares of equal products differ by rounding alone.
  private static final double SAME = 1e-5;

  @Override
  public String name() {
    return "gemm";
  }

  @Override
  public String title() {
    return "Matrix product, f32, against OpenBLAS";
  }

  @Override
  public Result measure(Bench bench) throws IOException {
    List<Bar> bars = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    measure(bench, List.of(), bars, text);
    boolean wide = text.indexOf("AVX-512") >= 0;
    if (wide && bench.options().full()) {
      measure(bench, List.of("-XX:UseAVX=2"), bars, text);
    }
    return new Result(bars, text.toString());
  }

  private static void measure(Bench bench, List<String> jvm, List<Bar> bars, StringBuilder text)
      throws IOException {
    try (Peer gavel = bench.gavel(jvm);
        Peer limits = bench.required("limits")) {
      String isa = Bench.isa(gavel);
      try (Peer blas = bench.required("openblas-" + isa)) {
        String core = blas.ask(Peer.request("hello")).path("core").asString("?");
        String set = isa.equals("avx512") ? "AVX-512" : "AVX2";
        text.append(
            "On %s (OpenBLAS' core type: %s). A figure is the best call of a turn, the median over %d turns.\n\n"
                .formatted(set, core, bench.turns(TURNS)));
        Table table =
            new Table(
                "threads",
                "layout",
                "M x N x K",
                "Gavel GFLOP/s",
                "OpenBLAS",
                "ratio",
                "spread",
                "ratio per CPU second",
                "share of the FMA peak");
        for (int threads : new int[] {1, 2}) {
          List<Double> ratios = new ArrayList<>();
          for (int[] s : SHAPES) {
            ObjectNode fma = Peer.request("fma").put("isa", isa).put("threads", threads);
            JsonNode peak = limits.ask(fma.put("seconds", 0.2));
            for (String layout : LAYOUTS) {
              Turns t = turns(bench, gavel, blas, threads, layout, s);
              ratios.add(row(table, t, threads, layout, s, peak));
            }
          }
          bars.add(mean(set, threads, ratios));
          bars.add(lowest(set, threads, ratios));
        }
        text.append(table).append('\n');
      }
    }
  }

  private static Turns turns(
      Bench bench, Peer gavel, Peer blas, int threads, String layout, int[] s) throws IOException {
    ObjectNode request = Peer.request("gemm").put("layout", layout).put("threads", threads);
    request.put("m", s[0]).put("n", s[1]).put("k", s[2]);
    request.put("seconds", bench.seconds(SECONDS)).put("least", 1);
    bench.say("  %s %dx%dx%d, %d threads".formatted(layout, s[0], s[1], s[2], threads));
    Turns t =
        Turns.take(
            bench.turns(TURNS),
            List.of(new Turns.Side(gavel, request), new Turns.Side(blas, request)));
    double ours = Turns.number(t.first(0), "check");
    double theirs = Turns.number(t.first(1), "check");
    if (!(Math.abs(ours / theirs - 1) < SAME)) {
      throw new IOException(
          "%s %dx%dx%d: Gavel's product is not OpenBLAS': sums of squares %s and %s"
              .formatted(layout, s[0], s[1], s[2], ours, theirs));
    }
    return t;
  }

  /// @return the ratio that decides: of one thread that per processor second, which other work on
  ///   the machine does not touch
  private static double row(
      Table table, Turns t, int threads, String layout, int[] s, JsonNode peak) {
    Series wall = t.ratio(0, 1, "gflop_per_s");
    Series cpu = t.ratio(0, 1, "gflop_per_cpu_s");
    String rate = threads == 1 ? "gflop_per_cpu_s" : "gflop_per_s";
    table.row(
        threads,
        layout,
        "%d x %d x %d".formatted(s[0], s[1], s[2]),
        t.of(0, "gflop_per_s").median(),
        t.of(1, "gflop_per_s").median(),
        wall.median(),
        wall.spread(),
        threads == 1 ? Table.number(cpu.median()) : "",
        t.of(0, rate).median() / Turns.number(peak, rate));
    return threads == 1 ? cpu.median() : wall.median();
  }

  private static Bar mean(String set, int threads, List<Double> ratios) {
    double mean = Series.geometricMean(ratios);
    return new Bar(
        "GEMM on %s, %s, geometric mean".formatted(set, Words.threads(threads)),
        Table.number(mean) + " of OpenBLAS",
        "at least 0.90",
        mean >= 0.90);
  }

  private static Bar lowest(String set, int threads, List<Double> ratios) {
    double least = ratios.stream().mapToDouble(r -> r).min().orElseThrow();
    return new Bar(
        "GEMM on %s, %s, lowest".formatted(set, Words.threads(threads)),
        Table.number(least) + " of OpenBLAS",
        "at least 0.80",
        least >= 0.80);
  }
}
