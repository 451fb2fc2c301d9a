package dev.gavel.train.run;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/// One line about long work: how far, how fast, how long still. On a terminal it is written over
/// itself; elsewhere a plain line appears every ten seconds.
public final class StatusLine implements AutoCloseable {
  private static final long ON_TERMINAL = Duration.ofMillis(200).toNanos();
  private static final long ELSEWHERE = Duration.ofSeconds(10).toNanos();

  private final PrintStream out;
  private final boolean terminal;
  private final String unit;
  private final long begin = System.nanoTime();
  private final long alreadyDone;
  private long lastShown;
  private boolean open;

  /// @param unit what is counted: `votes`, `steps`
  /// @param alreadyDone how many of them an earlier run did
  public StatusLine(PrintStream out, String unit, long alreadyDone) {
    this.out = out;
    this.unit = unit;
    this.alreadyDone = alreadyDone;
    terminal = System.console() != null && System.console().isTerminal();
    lastShown = begin;
  }

  /// Shows where the work stands, if it is time to.
  ///
  /// @param detail more figures, or empty
  public void update(long done, long total, String detail) {
    long now = System.nanoTime();
    boolean last = done == total;
    if (!last && now - lastShown < (terminal ? ON_TERMINAL : ELSEWHERE)) {
      return;
    }
    lastShown = now;
    double seconds = Math.max(1e-9, (now - begin) * 1e-9);
    double rate = (done - alreadyDone) / seconds;
    String left = rate > 0 ? time(Math.round((total - done) / rate)) : "?";
    String line =
        String.format(
            Locale.ROOT,
            "%d/%d %s, %.3g/s%s, %s left",
            done,
            total,
            unit,
            rate,
            detail.isEmpty() ? "" : ", " + detail,
            last ? "0s" : left);
    if (terminal) {
      out.print("\r\u001b[K" + line);
      open = true;
    } else {
      out.println(line);
    }
    out.flush();
  }

  /// A line that stays.
  public void line(String text) {
    if (open) {
      out.print("\r\u001b[K");
      open = false;
    }
    out.println(text);
  }

  /// `75s`, `12m30s`, `3h05m`.
  static String time(long seconds) {
    if (seconds < 120) {
      return seconds + "s";
    }
    if (seconds < 7200) {
      return String.format(Locale.ROOT, "%dm%02ds", seconds / 60, seconds % 60);
    }
    return String.format(Locale.ROOT, "%dh%02dm", seconds / 3600, seconds / 60 % 60);
  }

  /// Ends the line on a terminal.
  @Override
  public void close() {
    if (open) {
      out.println();
      open = false;
    }
  }
}
