package dev.gavel.train.judge;

import dev.gavel.tensor.Scope;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.judge.VoteOrder.Ask;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// A judge that measures: one forward pass for some questions, one vote for each.
abstract class BatchJudge implements Judge {
  /// Tokens of a pass, unless one question has more.
  private static final int TOKENS = 4096;

  private final int most;

  /// @param most questions of a pass
  BatchJudge(int most) {
    this.most = most;
  }

  /// A question as tokens.
  ///
  /// @param sequences one, or one for each response
  record Tokens(Ask ask, List<Tokenized> sequences) {
    static Tokens of(Ask ask, int[] prompt) {
      return new Tokens(ask, List.of(new Tokenized(prompt, prompt)));
    }

    int count() {
      return sequences.stream().mapToInt(Tokenized::length).sum();
    }
  }

  abstract Tokens tokens(Ask ask) throws IOException;

  abstract List<Evidence.Measured> measure(List<Tokens> questions);

  /// Tokens that a sequence may have.
  abstract int context();

  @Override
  public void judge(VoteOrder order, long from, Consumer<Vote> each, BooleanSupplier pause)
      throws IOException {
    List<Ask> asks = order.asks();
    List<Tokens> batch = new ArrayList<>();
    int tokens = 0;
    for (int i = (int) from; i < asks.size() && !pause.getAsBoolean(); i++) {
      Tokens next = checked(tokens(asks.get(i)));
      if (!batch.isEmpty() && (batch.size() == most || tokens + next.count() > TOKENS)) {
        answer(batch, each);
        batch.clear();
        tokens = 0;
      }
      batch.add(next);
      tokens += next.count();
    }
    if (!batch.isEmpty() && !pause.getAsBoolean()) {
      answer(batch, each);
    }
  }

  private Tokens checked(Tokens question) {
    for (Tokenized sequence : question.sequences) {
      if (sequence.length() == 0 || sequence.length() > context()) {
        throw new IllegalStateException(
            "item %s: %d tokens; the model's context holds 1 to %d"
                .formatted(question.ask.id(), sequence.length(), context()));
      }
    }
    return question;
  }

  private void answer(List<Tokens> batch, Consumer<Vote> each) {
    List<Evidence.Measured> found;
    try (Scope _ = Scope.open()) {
      found = measure(batch);
    }
    for (int i = 0; i < found.size(); i++) {
      Ask ask = batch.get(i).ask();
      each.accept(Vote.of(ask.row(), ask.order(), found.get(i)));
    }
  }
}
