package dev.gavel.train.judge;

import dev.gavel.tensor.io.AtomicFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Writes a file of lines, whole or not at all.
final class WholeLines {
  private final OutputStream out;

  private WholeLines(OutputStream out) {
    this.out = out;
  }

  /// Hands over lines.
  interface Body {
    void write(WholeLines lines) throws IOException;
  }

  static void write(Path file, Body body) throws IOException {
    AtomicFiles.write(
        file,
        channel -> {
          OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
          body.write(new WholeLines(out));
          out.flush();
        });
  }

  /// @param line without its newline
  void add(String line) throws IOException {
    out.write(line.getBytes(StandardCharsets.UTF_8));
    out.write('\n');
  }
}
