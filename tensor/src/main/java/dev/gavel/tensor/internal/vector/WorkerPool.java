package dev.gavel.tensor.internal.vector;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Fork/join over numbered parts.
///
/// Threads take part numbers from a counter, so a slow core takes fewer of them. What a part
/// computes must depend on its number only: callers choose the number of parts from the sizes of
/// their data (never from [#threads]), so that results do not depend on the number of threads.
///
/// The caller works too and does not wait for workers that have not woken up: on a busy machine it
/// does everything itself. Several threads may call [#run]; their calls are serialised. A call from
/// inside a part runs its parts there, one after the other. Nothing is allocated by a call.
public final class WorkerPool implements AutoCloseable {
  /// One part of a parallel job.
  @FunctionalInterface
  public interface Task {
    void run(int part);
  }

  /// How long an idle thread looks for work before it parks. Waking a parked thread costs some tens
  /// of microseconds; a longer spin would take the core away from others. Of 20, 100 and 400
  /// microseconds, 100 trained the demo's small model fastest: 2 to 17 % faster than 20 in turns.
  private static final long SPIN_NANOS = 100_000;

  /// A thread that runs parts of this pool alone.
  private final class Worker extends Thread {
    private Worker(int number) {
      super("gavel-cpu-" + number);
      setDaemon(true);
    }

    @Override
    public void run() {
      awaitJobs();
    }

    private WorkerPool pool() {
      return WorkerPool.this;
    }
  }

  private final Worker[] workers;
  private final ReentrantLock oneCaller = new ReentrantLock();

  // Upper half: number of the job; lower half: parts that are still to be taken. `task` and `parts`
  // are set before a job is published here and stay until its last part has ended, so whoever took
  // a
  // part may read them.
  private final AtomicLong claim = new AtomicLong();
  private volatile @Nullable Task task;
  private volatile int parts;
  private volatile @Nullable Thread caller;
  private volatile boolean closed;
  private final AtomicInteger unfinished = new AtomicInteger();
  private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();

  private record Failure(int part, Throwable cause) {}

  /// A pool of `threads` threads, the calling one included.
  public WorkerPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("a worker pool needs at least 1 thread, got " + threads);
    }
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
      workers[i].start();
    }
  }

  /// A pool with a thread for every processor of this JVM.
  public static WorkerPool ofProcessors() {
    return new WorkerPool(Runtime.getRuntime().availableProcessors());
  }

  /// Threads that work on a job, the caller included.
  public int threads() {
    return workers.length + 1;
  }

  /// Runs `task` for each part in `0..parts-1`, in any order, and returns when all have ended.
  ///
  /// @throws IllegalStateException when a part threw (its exception is the cause; parts that had
  ///   not begun are left out), or when the pool is closed
  public void run(int parts, Task task) {
    if (parts < 0) {
      throw new IllegalArgumentException("parts must be at least 0, got " + parts);
    }
    if (isInside()) {
      for (int part = 0; part < parts; part++) {
        task.run(part);
      }
      return;
    }
    oneCaller.lock();
    try {
      if (closed) {
        throw new IllegalStateException("this worker pool was closed");
      }
      runAlone(parts, task);
    } finally {
      oneCaller.unlock();
    }
  }

  private boolean isInside() {
    return oneCaller.isHeldByCurrentThread()
        || (Thread.currentThread() instanceof Worker w && w.pool() == this);
  }

  private void runAlone(int parts, Task task) {
    if (parts == 0) {
      return;
    }
    this.task = task;
    this.parts = parts;
    caller = Thread.currentThread();
    unfinished.set(parts);
    long job = (claim.get() >>> 32) + 1;
    claim.set(job << 32 | parts); // publishes it
    for (int i = 0, useful = Math.min(workers.length, parts - 1); i < useful; i++) {
      LockSupport.unpark(workers[i]); // cheap while the worker still spins
    }
    work(job & 0xFFFF_FFFFL);
    awaitEnd();
    this.task = null;
    caller = null;
    Failure failed = failure.getAndSet(null);
    if (failed != null) {
      throw new IllegalStateException(
          "parallel part %d of %d failed: %s".formatted(failed.part, parts, failed.cause),
          failed.cause);
    }
  }

  /// Takes and runs parts of job number `job` until there are none left.
  private void work(long job) {
    for (long seen; (seen = claim.get()) >>> 32 == job && (int) seen != 0; ) {
      if (claim.compareAndSet(seen, seen - 1)) {
        runPart(parts - (int) seen);
      }
    }
  }

  private void runPart(int part) {
    try {
      Task current = task;
      if (current != null && failure.get() == null) {
        current.run(part);
      }
    } catch (Throwable t) {
      failure.compareAndSet(null, new Failure(part, t));
    }
    Thread waiting = caller; // read before counting down: afterwards it may be that of another job
    if (unfinished.decrementAndGet() == 0 && waiting != Thread.currentThread()) {
      LockSupport.unpark(waiting);
    }
  }

  private void awaitEnd() {
    long start = System.nanoTime();
    while (unfinished.get() > 0) {
      if (System.nanoTime() - start < SPIN_NANOS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this); // an interrupt makes this return at once: then it is a spin
      }
    }
  }

  private void awaitJobs() {
    long done = 0;
    long idleSince = System.nanoTime();
    while (!closed) {
      long job = claim.get() >>> 32;
      if (job != done) {
        work(job);
        done = job;
        idleSince = System.nanoTime();
      } else if (System.nanoTime() - idleSince < SPIN_NANOS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
  }

  /// Ends the workers, after the job that is running. Closing twice is allowed.
  @Override
  public void close() {
    if (isInside()) {
      throw new IllegalStateException("a worker pool cannot be closed by one of its own parts");
    }
    oneCaller.lock();
    try {
      closed = true;
    } finally {
      oneCaller.unlock();
    }
    for (Worker w : workers) {
      LockSupport.unpark(w);
    }
  }
}
