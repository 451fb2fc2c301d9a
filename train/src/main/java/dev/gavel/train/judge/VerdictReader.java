package dev.gavel.train.judge;

import org.jspecify.annotations.Nullable;

/// Reads a verdict off what a judge wrote.
public interface VerdictReader {
  /// One letter, as GenRM answers.
  VerdictReader LETTER = text -> text.equals("A") ? Verdict.A : text.equals("B") ? Verdict.B : null;

  /// The verdict of a text, null where it has none.
  @Nullable Verdict read(String text);
}
