package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;

import dev.gavel.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/// Has the kernels that read bf16 weights for a row or two compiled while a model is still being
/// loaded, on a thread of its own.
///
/// Their loops are long, so the first token would otherwise run them interpreted, then have each of
/// them compiled twice, in the middle of a loop and as a method: two seconds of a first answer.
/// Short calls reach the compiler by their number instead ([#WORDS], and only once).
final class DecodeWarmup {
  /// Weights below this are loaded before a kernel could be compiled.
  private static final long WORTH_IT = 1L << 25;

  /// Of a call: few enough that the calls, not the turns of the loop, are what the compiler counts.
  private static final int WORDS = 20;

  private static final int CALLS = 64;
  private static final int MOST_ROUNDS = 100;

  /// A call of compiled code takes less, one of any other code more, whatever the machine.
  private static final long COMPILED_NANOS = 2_000;

  private static final AtomicBoolean STARTED = new AtomicBoolean();

  private DecodeWarmup() {}

  /// Starts it, once for each JVM, when a weight is large enough to be the first of many.
  static void before(DType type, long elements) {
    if (type == DType.BF16 && elements >= WORTH_IT && STARTED.compareAndSet(false, true)) {
      Thread thread = new Thread(DecodeWarmup::run, "gavel-warmup");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static void run() {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment panel = NativeMemory.allocate(arena, 4L * WORDS * COLUMNS);
      float[] x = new float[4 * WORDS];
      float[] sums = new float[4 * COLUMNS];
      untilCompiled(() -> DecodeBf16x2.run(panel, panel, WORDS, x, sums));
      untilCompiled(() -> DecodeBf16x1.run(panel, panel, panel, panel, WORDS, x, sums));
    }
  }

  private static void untilCompiled(Runnable kernel) {
    for (int round = 0; round < MOST_ROUNDS; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < CALLS; i++) {
        kernel.run();
      }
      if (System.nanoTime() - start < CALLS * COMPILED_NANOS) {
        return;
      }
      try {
        Thread.sleep(5); // the compiler works meanwhile
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
