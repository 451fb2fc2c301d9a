package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.eval.RewardBench2;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.run.StatusLine;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Answers by a judge that scores single responses. `scores.jsonl` has a line `{"id", "subset",
/// "num_correct", "scores"}` for each question.
final class ScoredResponses implements BestOfScores {
  private final ModelOptions model;
  private final MethodOptions method;
  private final List<Path> dataset;
  private final PrintStream log;
  private final BooleanSupplier interrupted;

  ScoredResponses(
      ModelOptions model,
      MethodOptions method,
      List<Path> dataset,
      PrintStream log,
      BooleanSupplier interrupted) {
    this.model = model;
    this.method = method;
    this.dataset = dataset;
    this.log = log;
    this.interrupted = interrupted;
  }

  @Override
  public String file() {
    return BestOfRun.SCORES;
  }

  @Override
  public ObjectNode settings() throws IOException {
    return JudgeSettings.ofScores(model, method, dataset);
  }

  /// What is wrong with a question shows when it is tokenised.
  @Override
  public void check(List<BestOfRow> rows) {}

  @Override
  public @Nullable List<Answer> run(Path file, List<BestOfRow> rows) throws IOException {
    List<double[]> known = new ArrayList<>();
    try (AppendedLines lines =
        AppendedLines.open(
            file, (line, number) -> known.add(known(rows, line, number, file + ":" + number)))) {
      if (known.size() < rows.size()) {
        score(lines, rows, known);
      }
    }
    return known.size() < rows.size()
        ? null
        : known.stream().map(s -> new Answer(s, RewardBench2.bestOf(s), 0, 0)).toList();
  }

  /// Scores of a question that was answered before.
  private static double[] known(List<BestOfRow> rows, String line, int number, String where) {
    BestOfRow row = number <= rows.size() ? rows.get(number - 1) : null;
    try {
      JsonNode read = Json.parse(line, where);
      if (row != null
          && line.startsWith("{\"id\":" + Json.write(row.row().id()) + ",")
          && read.path("scores").size() == row.responses().size()) {
        return read.get("scores").valueStream().mapToDouble(JsonNode::doubleValue).toArray();
      }
    } catch (FormatException e) {
      throw changed(where, e);
    }
    throw changed(where, null);
  }

  private static IllegalStateException changed(String where, @Nullable Exception cause) {
    return new IllegalStateException(
        where
            + ": is not the question that belongs there; the file was changed: choose another"
            + " --output_dir",
        cause);
  }

  private void score(AppendedLines file, List<BestOfRow> rows, List<double[]> known)
      throws IOException {
    try (OpenJudge judge = OpenJudge.open(model, method);
        StatusLine status = new StatusLine(log, "questions", known.size())) {
      ResponseScorer scorer = judge.responses();
      PreferenceRows tokenizer = judge.rows(PreferenceRows.Options.DEFAULT);
      while (known.size() < rows.size() && !interrupted.getAsBoolean()) {
        BestOfRow row = rows.get(known.size());
        double[] scores = scores(row, scorer, tokenizer);
        file.append(line(row, scores));
        known.add(scores);
        status.update(known.size(), rows.size(), "");
      }
    }
  }

  private static double[] scores(BestOfRow row, ResponseScorer scorer, PreferenceRows tokenizer)
      throws IOException {
    double[] scores = new double[row.responses().size()];
    for (int i = 0; i < scores.length; i++) {
      try {
        Tokenized tokens = tokenizer.tokenizeAsNamed(row.response(i)).chosen();
        if (tokens.length() > scorer.context()) {
          throw new RowException(
              "response %d has %d tokens with its prompt; the model's context holds %d"
                  .formatted(i, tokens.length(), scorer.context()));
        }
        scores[i] = scorer.scores(List.of(tokens))[0];
      } catch (RowException e) {
        throw new IllegalStateException(row.row().place() + ": " + e.getMessage(), e);
      }
      if (!Double.isFinite(scores[i])) {
        throw new IllegalStateException(
            "%s: the score of response %d is %s".formatted(row.row().place(), i, scores[i]));
      }
    }
    return scores;
  }

  private static String line(BestOfRow row, double[] scores) {
    ObjectNode line = Json.mapper().createObjectNode();
    line.set("id", row.row().id());
    line.put("subset", row.subset()).put("num_correct", row.correct());
    var list = line.putArray("scores");
    for (double score : scores) {
      list.add(score);
    }
    return Json.write(line);
  }
}
