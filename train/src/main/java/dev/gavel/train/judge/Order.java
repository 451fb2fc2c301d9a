package dev.gavel.train.judge;

import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import java.util.Optional;

/// Which of a row's two responses stands in place A.
public enum Order {
  /// The first-named response (`chosen`, `response_a`, `output_1`) is A.
  AB,
  BA;

  /// A row's `order`, as `votes.jsonl` writes it: `ab` or `ba`; empty where it has none.
  ///
  /// @throws RowException for anything else
  public static Optional<Order> of(Row row) throws RowException {
    Optional<String> text = row.optionalText("order");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        switch (text.get()) {
          case "ab" -> AB;
          case "ba" -> BA;
          default -> throw new RowException("'order' is '" + text.get() + "', expected ab or ba");
        });
  }

  /// The response that a verdict under this order prefers.
  public Side preferred(Verdict verdict) {
    return (verdict == Verdict.A) == (this == AB) ? Side.FIRST : Side.SECOND;
  }

  /// The verdict that prefers this response under this order.
  public Verdict verdictFor(Side side) {
    return (side == Side.FIRST) == (this == AB) ? Verdict.A : Verdict.B;
  }
}
