package dev.gavel.train.judge;

/// The answer that a judge prefers, by the place where it stood.
public enum Verdict {
  A,
  B;

  public Verdict other() {
    return this == A ? B : A;
  }

  /// How the paper's prompt asks for it: `[[A]]`.
  public String mark() {
    return "[[" + name() + "]]";
  }
}
