package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;

import dev.gavel.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Has the kernels of a first token compiled while its model is still being loaded, on a thread of
/// their own.
///
/// Their loops are long, so the first token would otherwise run them interpreted, a thousand times
/// as slow, then have each of them compiled twice, in the middle of a loop and as a method: seconds
/// of a first answer. Short calls reach the compiler by their number instead, and only once.
final class DecodeWarmup {
  /// A kernel on a few of its units (words, values).
  private interface Kernel {
    void run(int units);
  }

  /// Weights below this are loaded before a kernel could be compiled.
  private static final long WORTH_IT = 1L << 25;

  /// Calls that bring a method from the interpreter to the first compiler, by their number.
  private static final int FIRST_CALLS = 32;

  /// Units of the calls that the first compiler's code counts for the second one: few enough that
  /// they are done soon, enough that a loop is seen to be one.
  private static final int UNITS = 16;

  private static final int CALLS = 16;

  /// Rounds of calls that the second compiler wants, and time for the first one between them.
  private static final int ROUNDS = 32;

  private static final int PAUSE_MILLIS = 1;

  /// From then on only to see whether it is done: calls of what is not compiled yet have their own
  /// pieces compiled, which nobody needs afterwards.
  private static final int LONG_PAUSE_MILLIS = 5;

  private static final int MOST_ROUNDS = 1000;

  /// A call of compiled code takes less, one of any other code more, whatever the machine.
  private static final long COMPILED_NANOS = 10_000;

  /// Longer than all kernels take to compile on a slow machine.
  private static final long MOST_SECONDS = 5;

  private static final AtomicBoolean STARTED = new AtomicBoolean();
  private static final CountDownLatch DONE = new CountDownLatch(1);

  private DecodeWarmup() {}

  /// Starts it, once for each JVM, when a weight is large enough to be the first of many.
  static void before(DType type, long elements) {
    if (type == DType.BF16 && elements >= WORTH_IT && STARTED.compareAndSet(false, true)) {
      Thread thread = new Thread(DecodeWarmup::run, "gavel-warmup");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /// Waits for what was started: to run the kernels interpreted meanwhile would only take the
  /// processors from the compiler.
  static void await() {
    if (STARTED.get() && DONE.getCount() > 0) {
      try {
        boolean unused = DONE.await(MOST_SECONDS, TimeUnit.SECONDS); // not done: it is only slower
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void run() {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment panel = NativeMemory.allocate(arena, 4L * UNITS * COLUMNS);
      MemorySegment values = NativeMemory.allocate(arena, 4L * UNITS * Lanes.L);
      float[] x = new float[4 * UNITS];
      float[] sums = new float[4 * COLUMNS];
      float[] block = new float[UNITS * COLUMNS + Packing.SLACK];
      compile(
          List.of(
              n -> Packing.lines(panel, 0, UNITS, COLUMNS, Math.max(8, n), block, 0, COLUMNS),
              n -> DecodeBf16x2.run(panel, panel, n, x, sums),
              n -> ElementKernels.swiGlu(values, 0, values, 0, values, 0, 0, (long) n * Lanes.L),
              n -> DecodeBf16x1.run(panel, panel, panel, panel, n, x, sums)));
    } finally {
      DONE.countDown();
    }
  }

  /// All in turns, so that the compiler's threads have something to do at any time.
  private static void compile(List<Kernel> kernels) {
    for (Kernel kernel : kernels) {
      for (int i = 0; i < FIRST_CALLS; i++) {
        kernel.run(1);
      }
    }
    List<Kernel> left = new ArrayList<>(kernels);
    try {
      for (int round = 0; round < MOST_ROUNDS && !left.isEmpty(); round++) {
        Thread.sleep(round < ROUNDS ? PAUSE_MILLIS : LONG_PAUSE_MILLIS);
        left.removeIf(DecodeWarmup::isCompiled);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Calls it some more times; whether these were calls of compiled code.
  private static boolean isCompiled(Kernel kernel) {
    long start = System.nanoTime();
    for (int i = 0; i < CALLS; i++) {
      kernel.run(UNITS);
    }
    return System.nanoTime() - start < CALLS * COMPILED_NANOS;
  }
}
