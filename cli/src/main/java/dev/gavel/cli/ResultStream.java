package dev.gavel.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;

/// Standard output for results: buffered, and a reader that has gone is told from a full disk.
/// After a failure, which is thrown once, nothing more is written.
final class ResultStream extends OutputStream {
  private static final int CAPACITY = 1 << 16;

  private final OutputStream out;
  private boolean failed;

  ResultStream(OutputStream out) {
    this.out = new BufferedOutputStream(out, CAPACITY);
  }

  /// A step of writing.
  private interface Step {
    void run() throws IOException;
  }

  @Override
  public void write(int b) throws IOException {
    attempt(() -> out.write(b));
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    attempt(() -> out.write(bytes, offset, length));
  }

  @Override
  public void flush() throws IOException {
    attempt(out::flush);
  }

  private void attempt(Step step) throws IOException {
    if (failed) {
      return;
    }
    try {
      step.run();
    } catch (IOException e) {
      failed = true;
      throw explained(e);
    }
  }

  /// The JDK gives the system's text for EPIPE and no code; translations keep the word.
  private static IOException explained(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.toLowerCase(Locale.ROOT).contains("pipe")
        ? new ClosedPipeException(e)
        : new IOException("standard output: " + message, e);
  }
}
