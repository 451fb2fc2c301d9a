package dev.gavel.tensor.internal.vector;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;

/// Times several programs turn by turn, so that a disturbance hits all of them.
final class Turns {
  /// What is timed.
  interface Body {
    void run() throws Throwable;
  }

  /// Seconds of one program.
  record Time(double best, double median) {}

  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();
  private static final int WARM_UP = 3;
  private static final int AT_LEAST = 5;

  private final boolean ownThread;
  private final double seconds;

  /// @param ownThread CPU time of the calling thread (for work on one thread) instead of time
  ///   passed
  /// @param seconds of measuring in all
  Turns(boolean ownThread, double seconds) {
    this.ownThread = ownThread;
    this.seconds = seconds;
  }

  List<Time> run(Body... bodies) throws Throwable {
    List<double[]> rounds = new ArrayList<>();
    long end = 0;
    for (int r = -WARM_UP; r < AT_LEAST || System.nanoTime() < end; r++) {
      double[] times = new double[bodies.length];
      for (int i = 0; i < bodies.length; i++) {
        long start = now();
        bodies[i].run();
        times[i] = 1e-9 * (now() - start);
      }
      if (r == -1) {
        end = System.nanoTime() + (long) (seconds * 1e9);
      }
      if (r >= 0) {
        rounds.add(times);
      }
    }
    List<Time> result = new ArrayList<>();
    for (int i = 0; i < bodies.length; i++) {
      int column = i;
      double[] sorted = rounds.stream().mapToDouble(t -> t[column]).sorted().toArray();
      result.add(new Time(sorted[0], sorted[sorted.length / 2]));
    }
    return result;
  }

  private long now() {
    return ownThread ? CPU.getCurrentThreadCpuTime() : System.nanoTime();
  }

  static double geometricMean(List<Double> values) {
    return Math.exp(values.stream().mapToDouble(Math::log).average().orElse(0));
  }
}
