package dev.gavel.cli;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Ctrl-C, asked for politely. A command that has something to save holds it:
///
///     try (var hold = console.interrupt().hold()) {
///       while (!hold.requested()) step();
///       saveCheckpoint();
///     }
///
/// The first SIGINT or SIGTERM then only sets the flag and the process ends, with the JVM's code for
/// the signal (130 for Ctrl-C), when the command has returned; a second signal ends it at once. When
/// nothing is held the first one ends it at once.
///
/// It is a shutdown hook and no signal handler: the JDK has no supported API for signals, and while
/// a hook runs the JVM is merely late to exit.
final class Interrupt {
  /// The JVM runs its handler of each signal in a thread of this name's ending; a second one that
  /// is there at the same time is a second signal, waiting for the shutdown that is under way.
  private static final String SIGNAL_THREAD = "SIG\\w+ handler";

  private static final int POLL_MILLIS = 50;

  private final PrintStream err;
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile boolean requested;
  private volatile boolean held;

  private Interrupt(PrintStream err) {
    this.err = err;
  }

  /// For the process: hears its signals.
  static Interrupt ofProcess(PrintStream err) {
    Interrupt interrupt = new Interrupt(err);
    Runtime.getRuntime().addShutdownHook(new Thread(interrupt::onShutdown, "gavel interrupt"));
    return interrupt;
  }

  /// For tests: nobody interrupts.
  static Interrupt never() {
    return new Interrupt(System.err);
  }

  /// Whether the command should come to an end.
  boolean requested() {
    return requested;
  }

  /// From now on until it is closed the command looks at [Hold#requested] and ends by itself.
  Hold hold() {
    held = true;
    return new Hold(this);
  }

  /// See [Interrupt#hold].
  record Hold(Interrupt interrupt) implements AutoCloseable {
    boolean requested() {
      return interrupt.requested;
    }

    @Override
    public void close() {
      interrupt.held =
          interrupt.requested; // once asked, the process still waits for its last words
    }
  }

  /// The command has returned and its output is written; called before any exit.
  void finished() {
    finished.countDown();
  }

  private void onShutdown() {
    if (finished.getCount() == 0 || !held) {
      return;
    }
    requested = true;
    err.println("gavel: interrupted; stopping at the next safe point (again: at once)");
    try {
      while (!finished.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        if (signalsUnderWay() > 1) {
          Runtime.getRuntime().halt(130);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static long signalsUnderWay() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().matches(SIGNAL_THREAD))
        .count();
  }
}
