package dev.gavel.train.data;

/// Which tokens of a completion a preference loss counts. The last two are for what judges write: a
/// rationale, then a mark `[[A]]` or `[[B]]`.
public enum CompletionTokens {
  /// Every one, the end token too.
  ALL,
  /// From the token that begins the last mark on.
  VERDICT,
  /// Those before it.
  RATIONALE
}
