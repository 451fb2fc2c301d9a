package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.eval.JudgeTally;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Scores responses by comparing them: with each other, the score being the mean probability of
/// winning, or each with one reference answer (*Generative Reward Models*, Eq. 5).
final class PairScoring extends Scoring {
  private final Judge judge;
  private final PairJudging how;
  private final int draws;
  private final Optional<String> reference;
  private final PairReader reader = new PairReader(null);

  PairScoring(OpenJudge judge, MethodOptions method, PairJudging how, Optional<String> reference)
      throws IOException {
    this.judge = judge.pairs(how, JudgedRows.NONE);
    this.how = how;
    draws = how.draws(method);
    this.reference = reference;
  }

  @Override
  double[] scores(Row row, JsonNode prompt, List<JsonNode> responses)
      throws RowException, IOException {
    List<JsonNode> all = checked(responses);
    if (reference.isPresent()) {
      JsonNode fixed = checked(row.value(reference.get()), reference.get());
      List<PairRow> pairs = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        pairs.add(read(row, "/" + i, prompt, all.get(i), fixed));
      }
      return preferences(pairs);
    }
    if (all.size() < 2) {
      throw new RowException(
          "a judge of pairs compares responses: give at least two in 'responses', or"
              + " --reference_column");
    }
    return roundRobin(row, prompt, all);
  }

  private double[] roundRobin(Row row, JsonNode prompt, List<JsonNode> all)
      throws RowException, IOException {
    int n = all.size();
    List<PairRow> pairs = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        pairs.add(read(row, "/" + i + "/" + j, prompt, all.get(i), all.get(j)));
      }
    }
    double[] firstWins = preferences(pairs);
    double[] scores = new double[n];
    int at = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        double p = firstWins[at++];
        scores[i] += p / (n - 1);
        scores[j] += (1 - p) / (n - 1);
      }
    }
    return scores;
  }

  /// The row's id is part of a pair's, so that votes differ from row to row.
  private PairRow read(Row row, String pair, JsonNode prompt, JsonNode first, JsonNode second)
      throws RowException {
    return reader.read(pair(row, Json.write(row.id()) + pair, prompt, first, second));
  }

  /// P(the first response is better) of each pair.
  private double[] preferences(List<PairRow> pairs) throws IOException {
    JudgeTally tally = new JudgeTally(pairs);
    VoteOrder order = new VoteOrder(pairs, how.placement(), draws);
    judge.judge(order, 0, tally::add, () -> false);
    return tally.items().stream().mapToDouble(ItemVotes::preference).toArray();
  }
}
