package dev.gavel.train.judge;

import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.RewardBench2;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.run.StatusLine;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Answers by a judge that writes: a rating of each response, or the best of four. `votes.jsonl`
/// has a line for each draw: `{"id", "response", "draw", "rating", "text", "ids", "finish_reason",
/// "logprob"}`, or with `slot` (where the correct one stood) and `verdict`.
final class RatedResponses implements BestOfScores {
  private final ModelOptions model;
  private final MethodOptions method;
  private final List<Path> dataset;
  private final RatingOptions how;
  private final PrintStream log;
  private final BooleanSupplier interrupted;

  RatedResponses(
      ModelOptions model,
      MethodOptions method,
      List<Path> dataset,
      RatingOptions how,
      PrintStream log,
      BooleanSupplier interrupted) {
    this.model = model;
    this.method = method;
    this.dataset = dataset;
    this.how = how;
    this.log = log;
    this.interrupted = interrupted;
  }

  @Override
  public String file() {
    return VotesFile.NAME;
  }

  @Override
  public ObjectNode settings() throws IOException {
    return JudgeSettings.ofRatings(model, method, dataset, how);
  }

  @Override
  public void check(List<BestOfRow> rows) throws IOException {
    for (BestOfRow row : rows) {
      if (!isRated(row) && row.responses().size() != BestOfAsk.Ranking.RESPONSES) {
        throw new FormatException(
            "%s: %d responses; a ranking is of %d (--score_w_ratings true rates any number)"
                .formatted(row.row().place(), row.responses().size(), BestOfAsk.Ranking.RESPONSES));
      }
    }
  }

  private boolean isRated(BestOfRow row) {
    return how.scoreWRatings() || RewardBench2.isTies(row.subset());
  }

  private List<BestOfAsk> asks(List<BestOfRow> rows) throws IOException {
    JudgePrompt rating = how.rating(false);
    JudgePrompt ties = how.rating(true);
    JudgePrompt ranking = how.ranking();
    List<BestOfAsk> asks = new ArrayList<>();
    for (BestOfRow row : rows) {
      if (!isRated(row)) {
        asks.add(BestOfAsk.Ranking.of(row, ranking, how.seed()));
        continue;
      }
      JudgePrompt prompt = RewardBench2.isTies(row.subset()) ? ties : rating;
      for (int i = 0; i < row.responses().size(); i++) {
        asks.add(new BestOfAsk.Rating(row, i, prompt));
      }
    }
    return asks;
  }

  @Override
  public @Nullable List<Answer> run(Path file, List<BestOfRow> rows) throws IOException {
    Tally tally = new Tally(asks(rows), how.n());
    try (AppendedLines lines =
        AppendedLines.open(file, (line, number) -> tally.add(line, file + ":" + number))) {
      if (tally.done < tally.size()) {
        goOn(tally, lines);
      }
    }
    return tally.done < tally.size() ? null : tally.answers(rows);
  }

  private void goOn(Tally tally, AppendedLines lines) throws IOException {
    long known = tally.done;
    try (LoadedModel loaded = LoadedModel.open(model, method.method().architecture);
        StatusLine status = new StatusLine(log, "draws", known)) {
      log.printf(
          "asking %d questions, %d draws%s, on %s with %d threads%n",
          tally.count(),
          tally.size(),
          known > 0 ? " (" + known + " known)" : "",
          loaded.device().name(),
          model.threadCount());
      OrderedSamples.Settings settings =
          new OrderedSamples.Settings(
              how.drawn().sampling(),
              how.n(),
              how.drawn().maxNewTokens(),
              how.batchSize(),
              how.seed());
      new OrderedSamples(loaded, settings)
          .sample(
              tally,
              known,
              (question, sample) -> {
                append(lines, tally.add(question, sample));
                status.update(tally.done, tally.size(), "");
              },
              interrupted);
    }
  }

  private static void append(AppendedLines file, String line) {
    try {
      file.append(line);
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(file + ": cannot be written: " + e.getMessage(), e));
    }
  }

  /// What was read, counted.
  private static final class Tally implements OrderedSamples.Questions {
    private final List<BestOfAsk> asks;
    private final int n;

    /// For each question, how often each thing was read; at 0 how often nothing.
    private final int[][] counts;

    private long done;

    Tally(List<BestOfAsk> asks, int n) {
      this.asks = asks;
      this.n = n;
      counts = asks.stream().map(ask -> new int[ask.most() + 1]).toArray(int[][]::new);
    }

    @Override
    public int count() {
      return asks.size();
    }

    @Override
    public String id(int question) {
      return asks.get(question).id();
    }

    @Override
    public List<Message> messages(int question) {
      return asks.get(question).messages();
    }

    long size() {
      return (long) asks.size() * n;
    }

    /// @return the line of the draw
    String add(int question, Sample sample) {
      BestOfAsk ask = asks.get(question);
      Evidence.Text said = Evidence.Text.of(sample);
      if (Double.isNaN(said.logprob())) {
        throw new IllegalStateException(
            "question %s, draw %d: the log-probability is not a number"
                .formatted(ask.id(), sample.draw()));
      }
      OptionalInt reading = ask.read(said.text());
      count(question, reading);
      ObjectNode line = ask.head(sample.draw());
      ask.put(line, reading);
      said.write(line);
      return Json.write(line);
    }

    /// A draw that is known.
    void add(String line, String where) {
      int question = (int) (done / n);
      if (question < asks.size() && count(question, line)) {
        return;
      }
      throw new IllegalStateException(
          where
              + ": is not the draw that belongs there; the file was changed: choose another"
              + " --output_dir");
    }

    /// @return whether it is a draw of this question, the next one
    private boolean count(int question, String line) {
      BestOfAsk ask = asks.get(question);
      JsonNode text;
      try {
        text = Json.parse(line, "draw").path("text");
      } catch (FormatException e) {
        return false;
      }
      OptionalInt reading = ask.read(text.asString(""));
      ObjectNode head = ask.head((int) (done % n));
      ask.put(head, reading);
      String begin = Json.write(head);
      if (!text.isString() || !line.startsWith(begin.substring(0, begin.length() - 1) + ",")) {
        return false;
      }
      count(question, reading);
      return true;
    }

    private void count(int question, OptionalInt reading) {
      counts[question][reading.orElse(0)]++;
      done++;
    }

    List<Answer> answers(List<BestOfRow> rows) {
      List<Answer> answers = new ArrayList<>();
      int at = 0;
      for (BestOfRow row : rows) {
        if (asks.get(at) instanceof BestOfAsk.Ranking ranking) {
          int[] votes = counts[at++];
          double credit = RewardBench2.named(votes, ranking.slot() + 1);
          answers.add(new Answer(null, credit, n, votes[0]));
          continue;
        }
        double[] ratings = new double[row.responses().size()];
        int unread = 0;
        for (int i = 0; i < ratings.length; i++) {
          unread += counts[at][0];
          ratings[i] = RewardBench2.meanRating(counts[at++]);
        }
        double credit = RewardBench2.rated(ratings);
        answers.add(new Answer(ratings, credit, n * ratings.length, unread));
      }
      return answers;
    }
  }
}
