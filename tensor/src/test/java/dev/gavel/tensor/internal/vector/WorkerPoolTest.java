package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class WorkerPoolTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void everyPartRunsOnce(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      assertThat(pool.threads()).isEqualTo(threads);
      for (int round = 0; round < 2000; round++) {
        int parts = round % 37;
        AtomicIntegerArray runs = new AtomicIntegerArray(37);
        pool.run(parts, runs::incrementAndGet);
        for (int p = 0; p < 37; p++) {
          assertThat(runs.get(p)).isEqualTo(p < parts ? 1 : 0);
        }
      }
    }
  }

  @Test
  void workersThatSleptWakeUp() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(2)) {
      Thread.sleep(5); // long after the spinning
      var both = new CountDownLatch(2);
      pool.run(
          2,
          part -> {
            both.countDown();
            while (both.getCount() > 0) {
              LockSupport.parkNanos(1000);
            }
          });
      assertThat(both.getCount()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aFailureCarriesItsCauseAndThePoolGoesOn(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      for (Throwable thrown :
          new Throwable[] {new ArithmeticException("seven"), new AssertionError("seven")}) {
        assertThatIllegalStateException()
            .isThrownBy(() ->
                pool.run(
                    20,
                    part -> {
                      if (part == 7) {
                        throw WorkerPoolTest.<RuntimeException>sneaky(thrown);
                      }
                    }))
            .withMessageStartingWith("parallel part 7 of 20 failed: ")
            .withMessageContaining("seven")
            .withCause(thrown);
        AtomicInteger sum = new AtomicInteger();
        pool.run(5, sum::addAndGet);
        assertThat(sum).hasValue(10);
      }
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> T sneaky(Throwable t) throws T {
    throw (T) t;
  }

  @Test
  void aCallFromInsideAPartRunsThere() {
    try (WorkerPool pool = new WorkerPool(3)) {
      AtomicInteger wrongThread = new AtomicInteger();
      AtomicIntegerArray runs = new AtomicIntegerArray(8);
      pool.run(
          8,
          outer -> {
            Thread here = Thread.currentThread();
            pool.run(
                5,
                inner -> {
                  runs.incrementAndGet(outer);
                  if (Thread.currentThread() != here) {
                    wrongThread.incrementAndGet();
                  }
                });
          });
      assertThat(wrongThread).hasValue(0);
      for (int i = 0; i < 8; i++) {
        assertThat(runs.get(i)).isEqualTo(5);
      }
    }
  }

  @Test
  void callersAreServedOneAfterTheOther() throws InterruptedException {
    int callers = 4;
    int rounds = 500;
    try (WorkerPool pool = new WorkerPool(2)) {
      AtomicIntegerArray running = new AtomicIntegerArray(callers);
      AtomicInteger overlaps = new AtomicInteger();
      AtomicInteger total = new AtomicInteger();
      Thread[] threads = new Thread[callers];
      for (int c = 0; c < callers; c++) {
        int me = c;
        WorkerPool.Task task =
            part -> {
              running.incrementAndGet(me);
              for (int other = 0; other < callers; other++) {
                if (other != me && running.get(other) != 0) {
                  overlaps.incrementAndGet();
                }
              }
              total.incrementAndGet();
              running.decrementAndGet(me);
            };
        threads[c] =
            Thread.ofPlatform()
                .start(() -> {
                  for (int r = 0; r < rounds; r++) {
                    pool.run(1 + r % 6, task);
                  }
                });
      }
      for (Thread t : threads) {
        t.join();
      }
      assertThat(overlaps).hasValue(0);
      int each = 0;
      for (int r = 0; r < rounds; r++) {
        each += 1 + r % 6;
      }
      assertThat(total).hasValue(callers * each);
    }
  }

  @Test
  void closingEndsTheWorkers() throws InterruptedException {
    WorkerPool pool = new WorkerPool(3);
    var seen = ConcurrentHashMap.<Thread>newKeySet();
    for (int i = 0; i < 100; i++) {
      pool.run(50, part -> seen.add(Thread.currentThread()));
    }
    pool.close();
    pool.close();
    seen.remove(Thread.currentThread());
    for (Thread t : seen) {
      t.join(10_000);
      assertThat(t.isAlive()).isFalse();
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> pool.run(1, part -> {}))
        .withMessage("this worker pool was closed");
  }

  @Test
  void badArgumentsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WorkerPool(0))
        .withMessage("a worker pool needs at least 1 thread, got 0");
    try (WorkerPool pool = new WorkerPool(1)) {
      assertThatIllegalArgumentException().isThrownBy(() -> pool.run(-1, part -> {}));
      assertThatIllegalStateException()
          .isThrownBy(() -> pool.run(1, part -> pool.close()))
          .withMessageContaining("cannot be closed by one of its own parts");
    }
  }

  @Test
  void aCallAllocatesNothing() {
    try (WorkerPool pool = new WorkerPool(2)) {
      AtomicInteger sum = new AtomicInteger();
      WorkerPool.Task task = sum::addAndGet;
      Allocation.assertEndsWithout(() -> pool.run(4, task));
    }
  }
}
