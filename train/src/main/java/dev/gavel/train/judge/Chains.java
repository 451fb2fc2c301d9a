package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.run.StatusLine;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Samples chains of reasoning about pairs into a file of votes, which goes on where it stopped.
public final class Chains {
  private final ModelOptions model;
  private final PairJudging how;
  private final JudgePrompt prompt;
  private final boolean explains;

  private Chains(ModelOptions model, PairJudging how, JudgePrompt prompt, boolean explains) {
    this.model = model;
    this.how = how;
    this.prompt = prompt;
    this.explains = explains;
  }

  /// Chains that end in a verdict.
  public static Chains judging(ModelOptions model, PairJudging how) throws IOException {
    return new Chains(model, how, how.prompt(JudgePrompt.Kind.COT), false);
  }

  /// Chains that explain the verdict of the label (Fig. 7); they hold none themselves.
  public static Chains explaining(ModelOptions model, PairJudging how, JudgePrompt prompt) {
    return new Chains(model, how, prompt, true);
  }

  /// Samples what the file does not hold yet.
  ///
  /// @param pairs that have a label
  /// @param draws of each pair and order
  /// @param each takes all draws, in their order
  /// @return false when interrupted
  public boolean sample(
      Path file,
      List<PairRow> pairs,
      int draws,
      Consumer<Vote> each,
      PrintStream log,
      BooleanSupplier interrupted)
      throws IOException {
    VoteOrder order = new VoteOrder(pairs, how.placement(), draws);
    long[] done = {0};
    try (VotesFile votes =
        VotesFile.openFile(
            file,
            vote -> {
              if (!order.hasAt(done[0]++, vote)) {
                throw new IllegalStateException(
                    "%s: line %d does not belong there; the file was changed: remove it"
                        .formatted(file, done[0]));
              }
              each.accept(vote);
            })) {
      if (done[0] < order.size()) {
        goOn(order, done, votes, each, log, interrupted);
      }
    }
    return done[0] == order.size();
  }

  private void goOn(
      VoteOrder order,
      long[] done,
      VotesFile votes,
      Consumer<Vote> each,
      PrintStream log,
      BooleanSupplier interrupted)
      throws IOException {
    try (LoadedModel loaded = LoadedModel.open(model);
        StatusLine status = new StatusLine(log, "draws", done[0])) {
      judge(loaded)
          .judge(
              order,
              done[0],
              vote -> {
                append(votes, vote);
                each.accept(vote);
                status.update(++done[0], order.size(), "");
              },
              interrupted);
    }
  }

  private Judge judge(LoadedModel loaded) throws FormatException {
    return new CotJudge(
        loaded,
        explains ? CotJudge.Asking.reasons(prompt) : CotJudge.Asking.verdict(prompt),
        CotJudge.Settings.of(how));
  }

  private static void append(VotesFile file, Vote vote) {
    try {
      file.append(vote);
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(file + ": cannot be written: " + e.getMessage(), e));
    }
  }
}
