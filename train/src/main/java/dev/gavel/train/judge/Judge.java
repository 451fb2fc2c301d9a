package dev.gavel.train.judge;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Says which of two responses is better. A vote depends on the model, the question, the seed, the
/// item's id, the order and the draw alone, never on the questions around it.
interface Judge {
  /// Answers questions.
  ///
  /// @param from how many votes of the order are known already
  /// @param each takes the others, in that order
  /// @param pause looked at now and then: true ends the work early
  /// @throws IllegalStateException for a prompt that does not fit, before any work, or for broken
  ///   weights
  void judge(VoteOrder order, long from, Consumer<Vote> each, BooleanSupplier pause)
      throws IOException;
}
