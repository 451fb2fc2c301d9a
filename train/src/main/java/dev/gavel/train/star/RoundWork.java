package dev.gavel.train.star;

import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.PairRow;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// What some pairs are as questions to a judge.
///
/// @param questions pairs, once for each order in which they are asked
/// @param promptTokens of all questions
/// @param longest tokens of a question
/// @param tooLong questions that leave no room for the longest chain
record RoundWork(int pairs, int questions, long promptTokens, int longest, int tooLong) {

  /// @param context positions of the model
  static RoundWork of(List<PairRow> pairs, Prompts prompts, StarConfig config, int context) {
    int room = context - config.judging().drawn().maxNewTokens();
    int questions = 0;
    long tokens = 0;
    int longest = 0;
    int tooLong = 0;
    for (PairRow pair : pairs) {
      for (Order order : config.judging().placement().orders(pair.id())) {
        int length = prompts.ids(pair, order).length;
        questions++;
        tokens += length;
        longest = Math.max(longest, length);
        tooLong += length > room ? 1 : 0;
      }
    }
    return new RoundWork(pairs.size(), questions, tokens, longest, tooLong);
  }

  double meanPrompt() {
    return (double) promptTokens / questions;
  }

  void addTo(ObjectNode json) {
    json.put("pairs", pairs).put("questions", questions).put("prompt_tokens", promptTokens);
    json.put("longest_prompt", longest).put("prompts_too_long", tooLong);
  }
}
