package dev.gavel.bench.report;

import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.peer.Peer;
import dev.gavel.llama.hub.ModelFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Decoding with the 1B model in bf16: one text against plain reading of as many bytes, 32 samples
/// of one prompt against the machine's limits; llama.cpp and PyTorch beside.
final class DecodeSection implements Section {
  private static final int THREADS = 2;
  private static final int SAMPLES = 32;
  private static final int PROMPT = 500;

  /// Turns of Gavel and the machine's limits: short and many, as those of [GemmSection].
  private static final int LIMIT_TURNS = 11;

  @Override
  public String name() {
    return "decode";
  }

  @Override
  public String title() {
    return "Decoding, 1B weights in bf16, " + Words.threads(THREADS);
  }

  /// Everybody who takes part; who is not built is absent.
  private record Sides(Peer gavel, Peer limits, List<Peer> others) implements AutoCloseable {
    static Sides start(Bench bench) throws IOException {
      List<Peer> others = new ArrayList<>();
      for (String name : List.of("llama.cpp", "torch")) {
        Optional<Peer> peer = bench.peer(name);
        peer.ifPresent(others::add);
      }
      return new Sides(bench.gavel(), bench.required("limits"), others);
    }

    /// Ourselves and all others.
    Turns others(int turns, ObjectNode request) throws IOException {
      List<Turns.Side> all = new ArrayList<>();
      all.add(new Turns.Side(gavel, request));
      others.forEach(p -> all.add(new Turns.Side(p, request)));
      return Turns.take(turns, all);
    }

    @Override
    public void close() {
      gavel.close();
      limits.close();
      others.forEach(Peer::close);
    }
  }

  @Override
  public Result measure(Bench bench) throws IOException {
    long bytes;
    try (ModelFolder folder = ModelFolder.open(bench.model1b())) {
      bytes = folder.weightBytes();
    }
    List<Bar> bars = new ArrayList<>();
    try (Sides sides = Sides.start(bench)) {
      String isa = Bench.isa(sides.gavel);
      StringBuilder text = new StringBuilder();
      bench.say("  one text");
      double step = one(bench, sides, isa, bytes, bars, text);
      bench.say("  " + SAMPLES + " samples");
      samples(bench, sides, isa, bytes, step, bars, text);
      return new Result(bars, text.toString());
    }
  }

  private static ObjectNode request(Bench bench, String work, double seconds, int least) {
    ObjectNode request = Peer.request(work).put("threads", THREADS);
    return request.put("seconds", bench.seconds(seconds)).put("least", least);
  }

  /// @return seconds of a step
  private static double one(
      Bench bench, Sides sides, String isa, long bytes, List<Bar> bars, StringBuilder text)
      throws IOException {
    ObjectNode read = request(bench, "read", 0.4, 1).put("bytes", bytes);
    Turns limit =
        Turns.take(
            bench.turns(LIMIT_TURNS),
            List.of(
                new Turns.Side(sides.gavel, request(bench, "decode_1b", 0.4, 2)),
                new Turns.Side(sides.limits, read)));
    Series share =
        limit.ratio(
            0,
            1,
            a -> 1e-9 * bytes * Turns.number(a, "tokens_per_s"),
            a -> Turns.number(a, "gb_per_s"));
    double asked = isa.equals("avx512") ? 0.80 : 0.85;
    bars.add(
        new Bar(
            "bf16 decode of one text, 1B, " + Words.threads(THREADS),
            Table.number(share.median()) + " of plain reading",
            "at least %.2f".formatted(asked),
            share.median() >= asked));
    Table table =
        new Table(
            "one text",
            "tokens/s",
            "GB/s of weights",
            "Gavel's ratio",
            "spread",
            "first greedy tokens");
    double rate = limit.of(0, "tokens_per_s").median();
    table.row("Gavel", rate, 1e-9 * bytes * rate, "", "", "");
    double reading = limit.of(1, "gb_per_s").median();
    table.row("plain reading, the best of four", "", reading, share.median(), share.spread(), "");
    Turns t = sides.others(bench.turns(3), request(bench, "decode_1b", 1, 2));
    for (int i = 0; i < sides.others.size(); i++) {
      Series ratio = t.ratio(0, i + 1, "tokens_per_s");
      double other = t.of(i + 1, "tokens_per_s").median();
      table.row(
          sides.others.get(i).name(),
          other,
          1e-9 * bytes * other,
          ratio.median(),
          ratio.spread(),
          same(t.first(0), t.first(i + 1)));
    }
    text.append("Weights: ")
        .append(Words.gigabytes(bytes))
        .append(".\n\n")
        .append(table)
        .append('\n');
    return 1 / rate;
  }

  /// How many of the first greedy tokens are equal. (The weights are random, so that a rounding can
  /// change which token is best, and all that follow.)
  private static String same(JsonNode ours, JsonNode theirs) {
    JsonNode a = ours.path("ids");
    JsonNode b = theirs.path("ids");
    int n = Math.min(a.size(), b.size());
    int equal =
        IntStream.range(0, n)
            .filter(i -> a.get(i).asInt() != b.get(i).asInt())
            .findFirst()
            .orElse(n);
    return "%d of %d equal".formatted(equal, n);
  }

  private static void samples(
      Bench bench,
      Sides sides,
      String isa,
      long bytes,
      double oneStep,
      List<Bar> bars,
      StringBuilder text)
      throws IOException {
    double flops = 2.0 * SAMPLES * ModelShape.named("1b").parameters();
    ObjectNode decode = request(bench, "decode_1b_32", 0, 2).put("prompt", PROMPT);
    ObjectNode fma = request(bench, "fma", 0.4, 1).put("isa", isa).put("flops", flops);
    ObjectNode read = request(bench, "read", 0.4, 1).put("bytes", bytes);
    Turns t =
        Turns.take(
            bench.turns(LIMIT_TURNS),
            List.of(
                new Turns.Side(sides.gavel, decode),
                new Turns.Side(sides.limits, fma),
                new Turns.Side(sides.limits, read)));
    List<Double> limits = new ArrayList<>();
    List<Double> shares = new ArrayList<>();
    for (int i = 0; i < t.answers().get(0).size(); i++) {
      double peak = 1e-9 * flops / Turns.number(t.answers().get(1).get(i), "gflop_per_s");
      double reading = 1e-9 * bytes / Turns.number(t.answers().get(2).get(i), "gb_per_s");
      double limit = Math.max(reading, peak);
      limits.add(limit);
      shares.add(SAMPLES / Turns.number(t.answers().get(0).get(i), "tokens_per_s") / limit);
    }
    double limit = Series.of(limits).median();
    Series share = Series.of(shares);
    bars.add(
        new Bar(
            "decode step of 32 samples of one %d-token prompt, 1B".formatted(PROMPT),
            Table.number(share.median()) + " x the limit",
            "at most 2.0 x",
            share.median() <= 2));
    double step = SAMPLES / t.of(0, "tokens_per_s").median();
    Table table =
        new Table(
            "32 samples, top-p 0.95 drawn",
            "tokens/s",
            "seconds a step",
            "Gavel's ratio",
            "spread");
    table.row("Gavel", t.of(0, "tokens_per_s").median(), step, "", "");
    table.row(
        "the limit: reading the weights, or the FMA peak",
        SAMPLES / limit,
        limit,
        Table.number(share.median()) + " x the time",
        share.spread());
    // They are slow: few turns, a step for each.
    Turns o = sides.others(bench.turns(2), decode.deepCopy().put("least", 1));
    for (int i = 0; i < sides.others.size(); i++) {
      Series ratio = o.ratio(0, i + 1, "tokens_per_s");
      double other = o.of(i + 1, "tokens_per_s").median();
      table.row(sides.others.get(i).name(), other, SAMPLES / other, ratio.median(), ratio.spread());
    }
    text.append(table)
        .append("\nA step of 32 samples takes ")
        .append(Table.number(step / oneStep))
        .append(" times as long as a step of one text.\n");
  }
}
