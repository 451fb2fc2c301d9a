package dev.gavel.bench.report;

import dev.gavel.bench.peer.Peer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// 32 votes of the 1B model on one question, together against one after the other: what a shared
/// prompt and shared reading of the weights are worth.
final class VotesSection implements Section {
  private static final int THREADS = 2;
  private static final int VOTES = 32;
  private static final int PROMPT = 1000;
  private static final int TOKENS = 128;
  private static final double ASKED = 6;

  /// Single votes for each turn of all of them; their mean stands for all that were not run.
  private static final int SINGLE = 3;

  @Override
  public String name() {
    return "votes";
  }

  @Override
  public String title() {
    return "%d votes on one question, 1B weights in bf16, %s"
        .formatted(VOTES, Words.threads(THREADS));
  }

  /// Some four minutes.
  @Override
  public boolean onlyInFull() {
    return true;
  }

  @Override
  public Result measure(Bench bench) throws IOException {
    bench.model1b();
    List<Double> ratios = new ArrayList<>();
    List<Double> together = new ArrayList<>();
    List<Double> alone = new ArrayList<>();
    try (Peer gavel = bench.gavel()) {
      gavel.ask(request(1).put("tokens", 4)); // loads, and lets the kernels be compiled
      for (int turn = 0; turn < bench.turns(1); turn++) {
        bench.say("  one by one");
        double sum = 0;
        for (int i = 0; i < SINGLE; i++) {
          double one = seconds(gavel, request(1).put("seed", 1 + i));
          sum += one;
          alone.add(one);
        }
        bench.say("  together");
        double all = seconds(gavel, request(VOTES));
        together.add(all);
        ratios.add(VOTES * sum / SINGLE / all);
      }
    }
    return result(Series.of(together), Series.of(alone), Series.of(ratios));
  }

  private static ObjectNode request(int votes) {
    return Peer.request("votes_1b")
        .put("threads", THREADS)
        .put("prompt", PROMPT)
        .put("tokens", TOKENS)
        .put("votes", votes);
  }

  private static double seconds(Peer gavel, ObjectNode request) throws IOException {
    return Turns.number(gavel.ask(request), "run_seconds");
  }

  private static Result result(Series together, Series alone, Series ratio) {
    Table table = new Table("", "seconds", "spread");
    table.row("%d votes together".formatted(VOTES), together.median(), together.spread());
    table.row("one vote, its prompt included", alone.median(), alone.spread());
    table.row(
        "%d times the mean of %d single ones, over together".formatted(VOTES, SINGLE),
        Table.number(ratio.median()) + " x",
        ratio.spread());
    Bar bar =
        new Bar(
            "%d votes of %d tokens on a prompt of %,d, against %d runs"
                .formatted(VOTES, TOKENS, PROMPT, VOTES),
            Table.number(ratio.median()) + " x as fast",
            "at least %.0f x".formatted(ASKED),
            ratio.median() >= ASKED);
    return new Result(List.of(bar), table.toString());
  }
}
