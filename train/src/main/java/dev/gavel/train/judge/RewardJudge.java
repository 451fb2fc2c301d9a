package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.data.TokenizedPair;
import dev.gavel.train.judge.VoteOrder.Ask;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Compares what each response is worth by itself: a reward model's value (Bradley-Terry), or the
/// implicit reward of a policy trained by DPO. Rows are tokenised exactly as their training does.
final class RewardJudge extends BatchJudge {
  private final ResponseScorer scorer;
  private final PreferenceRows tokenizer;
  private final JudgedRows rows;

  /// @throws FormatException when the first row cannot be tokenised
  RewardJudge(ResponseScorer scorer, PreferenceRows tokenizer, JudgedRows rows, int batchSize)
      throws FormatException {
    super(batchSize);
    this.scorer = scorer;
    this.tokenizer = tokenizer;
    this.rows = rows;
    if (rows.first() != null) {
      tokenized(rows.first()); // the tokenizer remembers what the first row is
    }
  }

  @Override
  int context() {
    return scorer.context();
  }

  @Override
  Tokens tokens(Ask ask) throws IOException {
    TokenizedPair pair = tokenized(Objects.requireNonNull(rows.byId().get(ask.row().id())));
    return new Tokens(ask, List.of(pair.chosen(), pair.rejected()));
  }

  private TokenizedPair tokenized(Row row) throws FormatException {
    try {
      return tokenizer.tokenizeAsNamed(row);
    } catch (RowException e) {
      throw new FormatException(row.place() + ": " + e.getMessage(), e);
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
