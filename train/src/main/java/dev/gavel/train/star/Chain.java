package dev.gavel.train.star;

import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.Outcome;
import dev.gavel.train.judge.PairRow;
import org.jspecify.annotations.Nullable;

/// A chain of reasoning about a pair, as tokens that follow the judge's prompt.
///
/// @param draw from 0, for each pair and order; -1 for a chain that was not sampled as a verdict
/// @param outcome whether its verdict is that of the label; null where none can be read
/// @param ids the end of the turn included, unless the chain was cut off
record Chain(
    PairRow row, Order order, int draw, @Nullable Outcome outcome, String text, int[] ids) {
  boolean isRight() {
    return outcome == Outcome.CHOSEN;
  }

  boolean isWrong() {
    return outcome == Outcome.REJECTED;
  }
}
