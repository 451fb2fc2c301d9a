package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.run.FolderLock;
import dev.gavel.train.run.FolderSettings;
import dev.gavel.train.run.StatusLine;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// `gavel judge`: rows to votes to results, in a folder that can be continued.
public final class JudgeRun {
  public static final String RESULTS = JudgedFolder.RESULTS;

  private final ModelOptions modelOptions;
  private final JudgeOptions options;
  private final PrintStream log;
  private final BooleanSupplier interrupted;
  private final Benchmark benchmark;

  private JudgedRows rows = JudgedRows.NONE;

  public JudgeRun(
      ModelOptions modelOptions,
      JudgeOptions options,
      PrintStream log,
      BooleanSupplier interrupted) {
    this(modelOptions, options, Benchmark.NONE, log, interrupted);
  }

  /// @param benchmark whose rows are judged
  public JudgeRun(
      ModelOptions modelOptions,
      JudgeOptions options,
      Benchmark benchmark,
      PrintStream log,
      BooleanSupplier interrupted) {
    this.modelOptions = modelOptions;
    this.options = options;
    this.log = log;
    this.interrupted = interrupted;
    this.benchmark = benchmark;
  }

  /// Judges what is not judged yet, and writes results and report.
  ///
  /// @return the content of results.json; null when interrupted
  public @Nullable ObjectNode run() throws IOException {
    List<PairRow> pairs = readRows();
    benchmark.check(pairs);
    ObjectNode settings = JudgeSettings.of(modelOptions, options);
    try (FolderLock _ = FolderLock.take(options.what().outputDir())) {
      boolean fresh = JudgeSettings.claim(options.what().outputDir(), settings);
      try {
        return run(pairs, settings);
      } catch (IOException | RuntimeException e) {
        if (fresh) {
          removeUnlessVoted();
        }
        throw e;
      }
    }
  }

  private @Nullable ObjectNode run(List<PairRow> rows, ObjectNode settings) throws IOException {
    CountedVotes votes = CountedVotes.of(rows);
    if (!vote(rows, votes)) {
      return null;
    }
    return JudgedFolder.finish(options.what().outputDir(), settings, votes, benchmark);
  }

  /// A folder in which nothing was judged, say because the weights are broken, is not kept: the
  /// next call may have other settings.
  private void removeUnlessVoted() throws IOException {
    Path votes = options.what().outputDir().resolve(VotesFile.NAME);
    if (!Files.exists(votes) || Files.size(votes) == 0) {
      Files.deleteIfExists(votes);
      Files.deleteIfExists(options.what().outputDir().resolve(FolderSettings.NAME));
    }
  }

  /// @return false when interrupted
  private boolean vote(List<PairRow> rows, CountedVotes votes) throws IOException {
    VoteOrder order =
        new VoteOrder(rows, options.how().placement(), options.how().draws(options.method()));
    long[] known = {0};
    try (VotesFile file =
        VotesFile.open(
            options.what().outputDir(),
            vote -> {
              requireInPlace(order, known[0]++, vote);
              votes.add(vote);
            })) {
      return known[0] == order.size() || goOn(order, known[0], file, votes);
    }
  }

  private void requireInPlace(VoteOrder order, long place, Vote vote) {
    if (!order.hasAt(place, vote)) {
      throw new IllegalStateException(
          "%s: line %d is draw %d of item %s (%s), which does not belong there; the file was changed: choose another --output_dir"
              .formatted(
                  options.what().outputDir().resolve(VotesFile.NAME),
                  place + 1,
                  vote.draw(),
                  vote.id(),
                  vote.order()));
    }
  }

  private boolean goOn(VoteOrder order, long from, VotesFile file, CountedVotes votes)
      throws IOException {
    long[] done = {from};
    try (OpenJudge judge = OpenJudge.open(modelOptions, options.method());
        StatusLine status = new StatusLine(log, "votes", from)) {
      log.printf(
          "judging %d questions, %d votes%s, on %s with %d threads%n",
          order.asks().size(),
          order.size(),
          from > 0 ? " (" + from + " known)" : "",
          judge.model().device().name(),
          modelOptions.threadCount());
      judge
          .pairs(options.how(), rows)
          .judge(
              order,
              from,
              vote -> {
                append(file, vote);
                votes.add(vote);
                status.update(++done[0], order.size(), "");
              },
              interrupted);
    }
    return done[0] == order.size();
  }

  private static void append(VotesFile file, Vote vote) {
    try {
      file.append(vote);
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(file + ": cannot be written: " + e.getMessage(), e));
    }
  }

  private List<PairRow> readRows() throws IOException {
    JudgeOptions.What what = options.what();
    PairReader reader = new PairReader(what.datasetFormat().orElse(null), options.how().seed());
    List<PairReader.Entry> all = reader.readEntries(what.dataset());
    if (all.isEmpty()) {
      throw new FormatException(what.dataset() + ": no pairs; there is nothing to judge");
    }
    rows =
        JudgedRows.startingWith(all.getFirst().row(), what.datasetFormat(), options.how().seed());
    List<PairRow> mine = new ArrayList<>();
    for (int i = what.shardIndex(); i < all.size(); i += what.numShards()) {
      PairReader.Entry entry = all.get(i);
      mine.add(entry.pair());
      if (options.method().method().scoresResponses()) {
        rows.byId().put(entry.pair().id(), entry.row());
      }
    }
    return mine;
  }
}
