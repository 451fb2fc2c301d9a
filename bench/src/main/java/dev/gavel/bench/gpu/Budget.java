package dev.gavel.bench.gpu;

/// The time that a report may take.
final class Budget {
  private final long end;

  Budget(double seconds) {
    end = System.nanoTime() + (long) (seconds * 1e9);
  }

  /// Whether nothing more should be begun.
  boolean isSpent() {
    return secondsLeft() <= 0;
  }

  double secondsLeft() {
    return (end - System.nanoTime()) / 1e9;
  }
}
