package dev.gavel.train.judge;

import org.jspecify.annotations.Nullable;

/// What people said about a pair.
public enum Label {
  FIRST,
  SECOND,
  /// Equally good: no verdict can be right or wrong.
  TIE;

  /// Whether a preferred side agrees with this label; null where nothing can be right or wrong.
  public @Nullable Outcome outcome(Side preferred) {
    return switch (this) {
      case FIRST -> preferred == Side.FIRST ? Outcome.CHOSEN : Outcome.REJECTED;
      case SECOND -> preferred == Side.SECOND ? Outcome.CHOSEN : Outcome.REJECTED;
      case TIE -> null;
    };
  }
}
