package dev.gavel.train.run;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// What someone who waits sees: on a terminal one line that is written over, elsewhere plain lines,
/// not more often than every few seconds.
public final class StatusLine implements AutoCloseable {
  private static final long TERMINAL_NANOS = 200_000_000L;
  private static final long PLAIN_NANOS = 2_000_000_000L;

  private final PrintStream err;
  private final boolean terminal;
  private long last;
  private boolean shown;
  private boolean any;

  /// @param terminal whether `err` is one
  public StatusLine(PrintStream err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /// Whether standard error is a terminal, as far as Linux tells; elsewhere whether the process has
  /// one at all.
  public static boolean onTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return System.console() != null && System.console().isTerminal();
    }
  }

  /// Shows how far it is.
  ///
  /// @param important show it in any case
  public void show(String text, boolean important) {
    long now = System.nanoTime();
    if (any && !important && now - last < (terminal ? TERMINAL_NANOS : PLAIN_NANOS)) {
      return;
    }
    last = now;
    any = true;
    if (terminal) {
      err.print("\r\u001b[K" + text);
      err.flush();
      shown = true;
    } else {
      err.println(text);
    }
  }

  /// A line that stays.
  public void line(String text) {
    clear();
    err.println(text);
  }

  private void clear() {
    if (shown) {
      err.print("\r\u001b[K");
      shown = false;
    }
  }

  /// `1:02:03` or `4:05`.
  public static String time(double seconds) {
    Duration d = Duration.ofSeconds(Math.round(Math.min(seconds, 1e9)));
    return d.toHours() > 0
        ? "%d:%02d:%02d".formatted(d.toHours(), d.toMinutesPart(), d.toSecondsPart())
        : "%d:%02d".formatted(d.toMinutesPart(), d.toSecondsPart());
  }

  @Override
  public void close() {
    if (shown) {
      err.println();
      shown = false;
    }
  }
}
