package dev.gavel.train.judge;

import dev.gavel.llama.generate.Sampling;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.JudgeResults;
import dev.gavel.train.eval.JudgeTally;
import dev.gavel.train.model.LoadedModel;
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
import tools.jackson.databind.node.ObjectNode;

/// `gavel judge --method cot`: rows to votes to results, in a folder that can be continued.
public final class JudgeRun {
  public static final String RESULTS = "results.json";

  private final ModelOptions modelOptions;
  private final JudgeOptions options;
  private final PrintStream log;
  private final BooleanSupplier interrupted;

  public JudgeRun(
      ModelOptions modelOptions,
      JudgeOptions options,
      PrintStream log,
      BooleanSupplier interrupted) {
    this.modelOptions = modelOptions;
    this.options = options;
    this.log = log;
    this.interrupted = interrupted;
  }

  /// Judges what is not judged yet, and writes results and report.
  ///
  /// @return the content of results.json; null when interrupted
  public @org.jspecify.annotations.Nullable ObjectNode run() throws IOException {
    List<PairRow> rows = readRows();
    ObjectNode settings = JudgeSettings.of(modelOptions, options);
    try (FolderLock _ = FolderLock.take(options.outputDir())) {
      boolean fresh = JudgeSettings.claim(options.outputDir(), settings);
      try {
        return run(rows, settings);
      } catch (IOException | RuntimeException e) {
        if (fresh) {
          removeUnlessVoted();
        }
        throw e;
      }
    }
  }

  private @org.jspecify.annotations.Nullable ObjectNode run(List<PairRow> rows, ObjectNode settings)
      throws IOException {
    Votes votes = new Votes(new JudgeTally(rows), new Transcripts(rows));
    if (!vote(rows, votes)) {
      return null;
    }
    JudgeResults results =
        votes.tally.results(options.order() == Placement.Mode.BOTH, options.seed());
    ObjectNode json = results.toJson();
    AtomicFiles.writeString(options.outputDir().resolve(RESULTS), Json.writePretty(json));
    AtomicFiles.writeString(
        options.outputDir().resolve("report.html"),
        JudgeReport.html(settings, votes.tally, results, votes.transcripts, options.seed()));
    return json;
  }

  /// A folder in which nothing was judged, say because the weights are broken, is not kept: the
  /// next call may have other settings.
  private void removeUnlessVoted() throws IOException {
    Path votes = options.outputDir().resolve(VotesFile.NAME);
    if (!Files.exists(votes) || Files.size(votes) == 0) {
      Files.deleteIfExists(votes);
      Files.deleteIfExists(options.outputDir().resolve(FolderSettings.NAME));
    }
  }

  /// What is learned from votes as they come.
  private record Votes(JudgeTally tally, Transcripts transcripts) {
    void add(Vote vote) {
      tally.add(vote);
      transcripts.add(vote);
    }
  }

  /// @return false when interrupted
  private boolean vote(List<PairRow> rows, Votes votes) throws IOException {
    VoteOrder order =
        new VoteOrder(rows, new Placement(options.order(), options.seed()), options.n());
    long[] known = {0};
    try (VotesFile file =
        VotesFile.open(
            options.outputDir(),
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
                  options.outputDir().resolve(VotesFile.NAME),
                  place + 1,
                  vote.draw(),
                  vote.id(),
                  vote.order()));
    }
  }

  private boolean goOn(VoteOrder order, long from, VotesFile file, Votes votes) throws IOException {
    long[] done = {from};
    try (LoadedModel model = LoadedModel.open(modelOptions);
        StatusLine status = new StatusLine(log, "votes", from)) {
      log.printf(
          "judging %d questions, %d votes%s, on %s with %d threads%n",
          order.asks().size(),
          order.size(),
          from > 0 ? " (" + from + " known)" : "",
          model.device().name(),
          modelOptions.threadCount());
      judge(model)
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

  private CotJudge judge(LoadedModel model) throws IOException {
    JudgePrompt prompt =
        options.promptTemplate().isPresent()
            ? JudgePrompt.read(options.promptTemplate().get(), JudgePrompt.Kind.COT)
            : JudgePrompt.paper(JudgePrompt.Kind.COT);
    Sampling sampling = new Sampling(options.temperature(), 0, options.topP(), 0);
    return new CotJudge(
        model,
        prompt,
        new CotJudge.Settings(
            sampling,
            options.maxNewTokens(),
            options.verdictRule(),
            options.batchSize(),
            options.seed()));
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
    List<PairRow> rows =
        new PairReader(options.datasetFormat().orElse(null)).readAll(options.dataset());
    if (rows.isEmpty()) {
      throw new FormatException(options.dataset() + ": no pairs; there is nothing to judge");
    }
    List<PairRow> mine = new ArrayList<>();
    for (int i = options.shardIndex(); i < rows.size(); i += options.numShards()) {
      mine.add(rows.get(i));
    }
    return mine;
  }
}
