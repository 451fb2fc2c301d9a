package dev.gavel.train.judge;

import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.Tokenized;
import java.io.IOException;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Scores each response alone, tokenised as its training does.
final class ResponseScoring extends Scoring {
  private final ResponseScorer scorer;
  private final PreferenceRows tokenizer;

  ResponseScoring(OpenJudge judge) {
    scorer = judge.responses();
    tokenizer = judge.rows(PreferenceRows.Options.DEFAULT);
  }

  @Override
  double[] scores(Row row, JsonNode prompt, List<JsonNode> responses)
      throws RowException, IOException {
    double[] scores = new double[responses.size()];
    List<JsonNode> all = checked(responses);
    for (int i = 0; i < scores.length; i++) {
      Row pair = pair(row, "response", prompt, all.get(i), all.get(i));
      Tokenized tokens = tokenizer.tokenizeAsNamed(pair).chosen();
      if (tokens.length() == 0 || tokens.length() > scorer.context()) {
        throw new RowException(
            "response %d: %d tokens with its prompt; the model's context holds 1 to %d"
                .formatted(i, tokens.length(), scorer.context()));
      }
      scores[i] = scorer.scores(List.of(tokens))[0];
    }
    return scores;
  }
}
