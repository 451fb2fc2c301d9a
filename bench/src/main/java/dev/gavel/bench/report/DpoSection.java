package dev.gavel.bench.report;

import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.model.PairShape;
import dev.gavel.bench.peer.Peer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Steps of preference optimization against TRL's `DPOTrainer`, from the same weights on the same
/// rows: the 7M model, with `--full` the 100M one too.
final class DpoSection implements Section {
  /// Steps ahead of the turns with one thread, in which code is compiled. Their figures must agree,
  /// and are shown.
  private static final int FIRST = 4;

  private static final double SAME = 1e-3;
  private static final List<String> FIGURES = List.of("loss", "rewards/chosen", "rewards/rejected");

  @Override
  public String name() {
    return "dpo";
  }

  @Override
  public String title() {
    return "DPO step, f32, against TRL";
  }

  @Override
  public Result measure(Bench bench) throws IOException {
    List<Bar> bars = new ArrayList<>();
    StringBuilder text =
        new StringBuilder(
            "A step: policy and reference forward, sigmoid loss, backward, clipping, AdamW. A token is one of a chosen or a rejected\n"
                + "sequence; what TRL pads a batch with is none.\n\n");
    try (Peer gavel = bench.gavel();
        Peer torch = bench.required("torch");
        Peer limits = bench.required("limits")) {
      JsonNode hello = torch.ask(Peer.request("hello"));
      text.append(
          "TRL %s, transformers %s, PyTorch %s.\n\n"
              .formatted(
                  hello.path("trl").asString("?"),
                  hello.path("transformers").asString("?"),
                  hello.path("torch").asString("?")));
      Sides sides = new Sides(gavel, torch, limits, Bench.isa(gavel));
      measure(bench, sides, PairShape.named("7m"), 2, bars, text);
      if (bench.options().full()) {
        measure(bench, sides, PairShape.named("100m"), 0, bars, text);
      }
    }
    return new Result(bars, text.toString());
  }

  /// Seconds of steps of ours that nobody counts.
  private static final double WARM_UP = 10;

  private record Sides(Peer gavel, Peer torch, Peer limits, String isa) {
    JsonNode peak(int threads) throws IOException {
      ObjectNode fma = Peer.request("fma").put("isa", isa).put("threads", threads);
      return limits.ask(fma.put("seconds", 0.5));
    }

    Turns turns(int turns, ObjectNode request) throws IOException {
      return Turns.take(
          turns, List.of(new Turns.Side(gavel, request), new Turns.Side(torch, request)));
    }

    /// The first steps; one of them is never timed.
    Turns first(ObjectNode request) throws IOException {
      return turns(1, request.deepCopy().put("seconds", 0).put("least", FIRST - 1));
    }
  }

  /// @param turnSeconds of a turn; a step is never cut
  private static void measure(
      Bench bench,
      Sides sides,
      PairShape equal,
      double turnSeconds,
      List<Bar> bars,
      StringBuilder text)
      throws IOException {
    ModelShape model = equal.model();
    Path folder = SftSection.folder(model);
    String size = model.name().toUpperCase(Locale.ROOT);
    List<String> heads = new ArrayList<>(StepRatio.heads("TRL"));
    heads.addFirst(size + ", lengths");
    Table table = new Table(heads.toArray(String[]::new));
    Table agreement =
        new Table("lengths", "step", "loss", "rewards/chosen", "rewards/rejected", "apart at most");
    for (boolean ragged : new boolean[] {false, true}) {
      PairShape pairs = equal.ragged(ragged);
      String lengths = ragged ? "ragged" : "equal";
      for (int threads : new int[] {1, 2}) {
        bench.say("  %s, %s, %s".formatted(size, lengths, Words.threads(threads)));
        ObjectNode request = Peer.request("dpo_" + model.name()).put("threads", threads);
        request.put("model", folder.toString()).put("ragged", ragged);
        request.put("seconds", bench.seconds(turnSeconds)).put("least", 1);
        if (threads == 1) {
          Turns first = sides.first(request);
          agree(agreement, lengths, first.first(0), first.first(1));
          if (!ragged) { // the compiler works beside the first steps, and would count as CPU time
            sides.gavel.ask(request.deepCopy().put("seconds", bench.seconds(WARM_UP)));
          }
        }
        Turns t = sides.turns(bench.turns(3), request);
        StepRatio ratio =
            new StepRatio(t, threads, pairs.stepFlops() / pairs.tokens(), sides.peak(threads));
        List<Object> cells = new ArrayList<>(ratio.cells());
        cells.addFirst(lengths);
        table.row(cells.toArray());
        bars.add(ratio.bar("DPO step %s, %s lengths".formatted(size, lengths), "TRL"));
      }
    }
    text.append(
            "%d layers of %d, vocabulary %d tied; %d pairs a step: %d + %d tokens each, or up to that (%d in all).\n\n%s\n"
                .formatted(
                    model.layers(),
                    model.hidden(),
                    model.vocabulary(),
                    equal.pairs(),
                    equal.prompt(),
                    equal.completion(),
                    equal.ragged(true).tokens(),
                    table))
        .append("Both begin with the same weights and rows; Gavel / TRL:\n\n")
        .append(agreement)
        .append('\n');
  }

  /// Shows the first steps of both sides.
  ///
  /// @throws IOException if they did not do the same
  static void agree(Table table, String lengths, JsonNode gavel, JsonNode trl) throws IOException {
    for (int step = 0; step < FIRST; step++) {
      List<Object> cells = new ArrayList<>(List.of(lengths, step + 1));
      double apart = 0;
      for (String figure : FIGURES) {
        double ours = gavel.path(figure).path(step).asDouble(Double.NaN);
        double theirs = trl.path(figure).path(step).asDouble(Double.NaN);
        cells.add(String.format(Locale.ROOT, "%.6f / %.6f", ours, theirs));
        apart = Math.max(apart, Math.abs(ours - theirs));
      }
      cells.add(String.format(Locale.ROOT, "%.1e", apart));
      if (!(apart <= SAME)) { // NaN too
        throw new IOException(
            "%s lengths: step %d of Gavel is not TRL's: %s are %s, expected at most %.0e apart"
                .formatted(
                    lengths, step + 1, String.join(", ", FIGURES), cells.subList(2, 5), SAME));
      }
      table.row(cells.toArray());
    }
  }
}
