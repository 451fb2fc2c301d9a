package dev.gavel.train.star;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.judge.Evidence;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.Outcome;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Vote;
import dev.gavel.train.recipe.DpoConfig;
import dev.gavel.train.recipe.RunContext;
import dev.gavel.train.recipe.SftConfig;
import dev.gavel.train.recipe.TrainConfig;
import dev.gavel.train.recipe.TrainingEstimate;
import dev.gavel.train.stage.Stage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/// What steps on a round's rows cost, measured on rows of a few chains, whether right or not: what
/// they say changes no time.
final class StarSteps {
  private final Bound<StarConfig> bound;
  private final StarConfig config;
  private final List<PairRow> pairs;
  private final Prompts prompts;
  private final PrintStream log;

  StarSteps(Bound<StarConfig> bound, List<PairRow> pairs, Prompts prompts, PrintStream log) {
    this.bound = bound;
    this.config = bound.options();
    this.pairs = pairs;
    this.prompts = prompts;
    this.log = log;
  }

  /// @param longest tokens of a prompt
  TrainingEstimate.Rates measure(List<Vote> chains, int longest) throws IOException {
    boolean two = config.star().mode().pairs();
    int most = longest + config.judging().drawn().maxNewTokens();
    int sides = two ? 2 : 1;
    Path scratch = Files.createTempDirectory("gavel-star");
    try {
      Path rows = scratch.resolve(Round.ROWS);
      StringBuilder lines = new StringBuilder();
      rows(chains, two).forEach(row -> lines.append(Json.write(row)).append('\n'));
      Files.writeString(rows, lines);
      return TrainingEstimate.rates(
          step(rows, two),
          (long) sides * most,
          (long) sides * config.judging().drawn().maxNewTokens(),
          new RunContext(new PrintStream(OutputStream.nullOutputStream()), () -> false));
    } finally {
      remove(scratch);
    }
  }

  /// A round's training, one micro-batch a step.
  private TrainConfig step(Path rows, boolean two) {
    Stage stage =
        new Round(bound, 1, config.model(), pairs, log, () -> false)
            .training()
            .with("dataset", rows)
            .with("gradient_accumulation_steps", 1);
    return two ? stage.bind(DpoConfig.class).options() : stage.bind(SftConfig.class).options();
  }

  /// As many rows as a micro-batch has, of the chains in turn.
  private List<ObjectNode> rows(List<Vote> chains, boolean two) {
    int n = config.train().perDeviceTrainBatchSize().getFirst();
    StarRows make = new StarRows(prompts, 1, config.judging().seed());
    List<ObjectNode> rows = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Chain chain = chain(chains, i, Outcome.CHOSEN);
      Chain other =
          new Chain(chain.row(), chain.order(), 1, Outcome.REJECTED, chain.text(), chain.ids());
      rows.addAll(two ? make.pairs(List.of(chain), List.of(other)) : make.right(List.of(chain)));
    }
    return rows;
  }

  /// One that was sampled; where none has ended, as many tokens as a chain can have.
  private Chain chain(List<Vote> chains, int i, Outcome outcome) {
    if (chains.isEmpty()) {
      PairRow row = pairs.get(i % pairs.size());
      int[] prompt = prompts.ids(row, Order.AB);
      int[] ids = new int[config.judging().drawn().maxNewTokens()];
      Arrays.setAll(ids, t -> prompt[t % prompt.length]);
      return new Chain(row, Order.AB, 0, outcome, "", ids);
    }
    Vote vote = chains.get(i % chains.size());
    PairRow row =
        pairs.stream()
            .filter(p -> Json.write(p.id()).equals(Json.write(vote.id())))
            .findFirst()
            .orElseThrow();
    var text = (Evidence.Text) vote.evidence();
    return new Chain(row, vote.order(), vote.draw(), outcome, text.text(), text.ids());
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
