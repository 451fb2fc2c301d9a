package dev.gavel.tensor.internal.vector;

/// Cuts ranges into parts of a fixed size and runs them on a pool.
final class Parts {
  /// Elements of a part: large enough to pay for a fork, small enough to balance.
  private static final long GRAIN = 1 << 15;

  /// A range of elements or rows.
  interface Range {
    void run(long from, long to);
  }

  private Parts() {}

  static void elements(WorkerPool pool, long count, Range body) {
    run(pool, count, GRAIN, body);
  }

  /// @param width elements of a row, for the size of a part
  static void rows(WorkerPool pool, long count, long width, Range body) {
    run(pool, count, Math.max(1, GRAIN / Math.max(1, width)), body);
  }

  static void run(WorkerPool pool, long count, long grain, Range body) {
    int parts = Math.toIntExact((count + grain - 1) / grain);
    pool.run(parts, p -> body.run(p * grain, Math.min(count, (p + 1) * grain)));
  }
}
