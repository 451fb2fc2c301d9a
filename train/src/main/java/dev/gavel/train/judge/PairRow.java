package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A conversation and two responses to it.
///
/// @param id a string or a number as it stood in the row, else the row's number in the call
/// @param first the first-named response: `chosen`, `response_a`, `output_1`
/// @param label null where nobody said which is better
/// @param subset the part of a benchmark that the row belongs to
public record PairRow(
    JsonNode id,
    List<Message> prompt,
    String first,
    String second,
    @Nullable Label label,
    @Nullable String subset) {
  public PairRow {
    prompt = List.copyOf(prompt);
  }

  /// The response in place A.
  public String answerA(Order order) {
    return order == Order.AB ? first : second;
  }

  /// The response in place B.
  public String answerB(Order order) {
    return order == Order.AB ? second : first;
  }

  /// The response that people preferred.
  ///
  /// @throws IllegalStateException without a label, or with a tie
  public Side better() {
    if (!isDecided()) {
      throw new IllegalStateException("row " + id + " prefers neither response");
    }
    return label == Label.FIRST ? Side.FIRST : Side.SECOND;
  }

  /// Whether one response is better than the other.
  public boolean isDecided() {
    return label == Label.FIRST || label == Label.SECOND;
  }

  /// What a verdict under this order says about the label; null without verdict, label or winner.
  public @Nullable Outcome outcome(Order order, @Nullable Verdict verdict) {
    return verdict == null || label == null ? null : label.outcome(order.preferred(verdict));
  }
}
