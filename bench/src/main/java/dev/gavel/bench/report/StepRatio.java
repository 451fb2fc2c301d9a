package dev.gavel.bench.report;

import java.util.List;
import tools.jackson.databind.JsonNode;

/// Training steps of Gavel and of a peer in turns: Gavel is the first side.
///
/// @param flopsPerToken what a step has to do at least
/// @param peak the answer of `limits` to `fma` with as many threads
record StepRatio(Turns turns, int threads, double flopsPerToken, JsonNode peak) {
  /// Heads of the columns that [#cells] fills.
  static List<String> heads(String peer) {
    return List.of(
        "threads",
        "Gavel tokens/s",
        peer,
        "ratio",
        "spread",
        "ratio per CPU second",
        "share of the FMA peak");
  }

  List<Object> cells() {
    Series wall = wall();
    String rate = threads == 1 ? "cpu_s" : "s";
    return List.of(
        threads,
        turns.of(0, "tokens_per_s").median(),
        turns.of(1, "tokens_per_s").median(),
        wall.median(),
        wall.spread(),
        threads == 1 ? Table.number(cpu().median()) : "",
        1e-9
            * flopsPerToken
            * turns.of(0, "tokens_per_" + rate).median()
            / Turns.number(peak, "gflop_per_" + rate));
  }

  /// The ratio that decides is, of one thread, that per processor second.
  Bar bar(String what, String peer) {
    double ratio = threads == 1 ? cpu().median() : wall().median();
    return new Bar(
        "%s, %s".formatted(what, Words.threads(threads)),
        Table.number(ratio) + " x " + peer,
        "at least 1.0 x",
        ratio >= 1);
  }

  private Series wall() {
    return turns.ratio(0, 1, "tokens_per_s");
  }

  private Series cpu() {
    return turns.ratio(0, 1, "tokens_per_cpu_s");
  }
}
