package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/// Checks that warm code allocates nothing: boxed vectors and slices that escape show here first.
final class Allocation {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final int TURNS = 100;

  /// Of this thread's own processor time: on a machine that is shared by many the compiler comes
  /// late, but so does this thread.
  private static final long CPU_NANOS = 30_000_000_000L;

  private Allocation() {}

  /// Runs `body` until it allocates nothing in 100 turns; fails when the compiler has not got it
  /// there within half a minute of work (it takes a second or two).
  static void assertEndsWithout(Runnable body) {
    long deadline = THREADS.getCurrentThreadCpuTime() + CPU_NANOS;
    long bytes;
    do {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < TURNS; i++) {
        body.run();
      }
      bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    } while (bytes > 0 && THREADS.getCurrentThreadCpuTime() < deadline);
    assertThat(bytes).as("bytes allocated in %d turns", TURNS).isZero();
  }
}
