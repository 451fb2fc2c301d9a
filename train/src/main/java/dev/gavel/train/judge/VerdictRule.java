package dev.gavel.train.judge;

import org.jspecify.annotations.Nullable;

/// How a verdict is read off a judge's text. No mark at all is no verdict under every rule.
public enum VerdictRule implements VerdictReader {
  /// `[[A]]` anywhere is A, else `[[B]]` is B (RewardBench, `generative.py`): both marks read A.
  REWARDBENCH {
    @Override
    public @Nullable Verdict read(String text) {
      return has(text, Verdict.A) ? Verdict.A : has(text, Verdict.B) ? Verdict.B : null;
    }
  },
  /// The mark that stands first.
  FIRST {
    @Override
    public @Nullable Verdict read(String text) {
      if (!hasBothMarks(text)) {
        return REWARDBENCH.read(text);
      }
      return text.indexOf(Verdict.A.mark()) < text.indexOf(Verdict.B.mark())
          ? Verdict.A
          : Verdict.B;
    }
  },
  /// A text with both marks has no verdict.
  STRICT {
    @Override
    public @Nullable Verdict read(String text) {
      return hasBothMarks(text) ? null : REWARDBENCH.read(text);
    }
  };

  /// The verdict of a text, null where it has none.
  @Override
  public abstract @Nullable Verdict read(String text);

  /// Whether a text names both answers: tallied under every rule, because rules differ on it.
  public static boolean hasBothMarks(String text) {
    return has(text, Verdict.A) && has(text, Verdict.B);
  }

  private static boolean has(String text, Verdict verdict) {
    return text.contains(verdict.mark());
  }
}
