package dev.gavel.bench.peer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// Durations of repeated calls of one piece of work, as `peer.py` takes them.
///
/// @param wall seconds of each call
/// @param cpu processor seconds of all threads, of each call
record Calls(double[] wall, double[] cpu) {
  /// Calls `work` until `seconds` have passed, and at least `least` times.
  static Calls of(Runnable work, double seconds, int least) {
    return of(() -> {}, work, seconds, least);
  }

  /// Likewise; what `before` does ahead of each call is not timed.
  static Calls of(Runnable before, Runnable work, double seconds, int least) {
    List<double[]> calls = new ArrayList<>();
    long end = System.nanoTime() + (long) (1e9 * seconds);
    while (calls.size() < least || System.nanoTime() < end) {
      before.run();
      double used = ProcessClock.seconds();
      long start = System.nanoTime();
      work.run();
      double wall = 1e-9 * (System.nanoTime() - start);
      calls.add(new double[] {wall, ProcessClock.seconds() - used});
    }
    return new Calls(
        calls.stream().mapToDouble(c -> c[0]).toArray(),
        calls.stream().mapToDouble(c -> c[1]).toArray());
  }

  /// Calls `work` until this process has spent so many processor seconds, its compiler included.
  static void warm(Runnable work, double seconds) {
    double end = ProcessClock.seconds() + seconds;
    do {
      work.run();
    } while (ProcessClock.seconds() < end);
  }

  /// Adds `UNIT_s` (of the best call), `UNIT_s_median`, `UNIT_cpu_s` (best per processor second),
  /// and `steps`.
  ///
  /// @param amount what each call did
  void rates(double amount, String unit, ObjectNode to) {
    double[] sorted = wall.clone();
    Arrays.sort(sorted);
    to.put(unit + "_s", amount / sorted[0]);
    to.put(unit + "_s_median", amount / sorted[sorted.length / 2]);
    to.put(unit + "_cpu_s", amount / Arrays.stream(cpu).min().orElseThrow());
    to.put("steps", wall.length);
  }
}
