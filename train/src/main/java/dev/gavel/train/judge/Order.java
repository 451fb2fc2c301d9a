package dev.gavel.train.judge;

/// Which of a row's two responses stands in place A.
public enum Order {
  /// The first-named response (`chosen`, `response_a`, `output_1`) is A.
  AB,
  BA;

  /// The response that a verdict under this order prefers.
  public Side preferred(Verdict verdict) {
    return (verdict == Verdict.A) == (this == AB) ? Side.FIRST : Side.SECOND;
  }

  /// The verdict that prefers this response under this order.
  public Verdict verdictFor(Side side) {
    return (side == Side.FIRST) == (this == AB) ? Verdict.A : Verdict.B;
  }
}
