package dev.gavel.train.data;

/// A preference as token ids: two whole sequences, each the prompt and a completion.
///
/// Labels are the ids on the completion and [Tokenized#IGNORED] on the prompt. A label at place 0,
/// which an empty prompt leaves, is never scored, but TRL counts it as a completion's token
/// ([Tokenized#labelled]).
///
/// @param margin by how much the chosen one should win; 0 where the row says nothing
public record TokenizedPair(Tokenized chosen, Tokenized rejected, double margin) {
  /// Tokens of both.
  public long tokens() {
    return (long) chosen.length() + rejected.length();
  }

  /// Tokens before the first label of either: the prompt, where all of a completion counts.
  public int promptLength() {
    return Math.min(ignoredAtStart(chosen), ignoredAtStart(rejected));
  }

  private static int ignoredAtStart(Tokenized row) {
    int n = 0;
    while (n < row.length() && row.labels()[n] == Tokenized.IGNORED) {
      n++;
    }
    return n;
  }
}
