package dev.gavel.train.judge;

import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.data.TokenizedPair;
import dev.gavel.train.judge.VoteOrder.Ask;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Compares what each response is worth by itself: a reward model's value (Bradley-Terry), or the
/// implicit reward of a policy trained by DPO. Rows are tokenised exactly as their training does.
final class RewardJudge extends BatchJudge {
  private final ResponseScorer scorer;
  private final PreferenceRows tokenizer;
  private final Map<JsonNode, Row> rows;

  /// @param rows by their id
  RewardJudge(
      ResponseScorer scorer, PreferenceRows tokenizer, Map<JsonNode, Row> rows, int batchSize) {
    super(batchSize);
    this.scorer = scorer;
    this.tokenizer = tokenizer;
    this.rows = rows;
  }

  @Override
  int context() {
    return scorer.context();
  }

  @Override
  Tokens tokens(Ask ask) throws IOException {
    Row row = java.util.Objects.requireNonNull(rows.get(ask.row().id()));
    try {
      TokenizedPair pair = tokenizer.tokenizeAsNamed(row);
      return new Tokens(ask, List.of(pair.chosen(), pair.rejected()));
    } catch (RowException e) {
      throw new IllegalStateException(row.place() + ": " + e.getMessage(), e);
    }
  }

  @Override
  List<Evidence.Measured> measure(List<Tokens> batch) {
    List<Tokenized> all = batch.stream().flatMap(q -> q.sequences().stream()).toList();
    double[] scores = scorer.scores(all);
    List<Evidence.Measured> found = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      double first = scores[2 * i];
      double second = scores[2 * i + 1];
      found.add(
          batch.get(i).ask().order() == Order.AB
              ? new Evidence.Scores(first, second)
              : new Evidence.Scores(second, first));
    }
    return found;
  }
}
