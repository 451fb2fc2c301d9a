package dev.gavel.cli;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;

/// Standard output for results: buffered, and a reader that has gone is told from a full disk.
final class ResultStream extends FilterOutputStream {
  private static final int CAPACITY = 1 << 16;

  ResultStream(OutputStream out) {
    super(new BufferedOutputStream(out, CAPACITY));
  }

  @Override
  public void write(int b) throws IOException {
    try {
      out.write(b);
    } catch (IOException e) {
      throw explained(e);
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      throw explained(e);
    }
  }

  @Override
  public void flush() throws IOException {
    try {
      out.flush();
    } catch (IOException e) {
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
