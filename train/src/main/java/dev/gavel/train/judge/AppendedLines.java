package dev.gavel.train.judge;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/// A file of lines that is only ever appended to. After a kill its whole lines stand; half a line
/// is cut off.
final class AppendedLines implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;

  private AppendedLines(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// Takes the lines that are there.
  interface Reader {
    /// @param line without its newline
    /// @param number from 1
    void line(String line, int number);
  }

  /// Opens the file at its end, after handing its lines to `each`.
  static AppendedLines open(Path file, Reader each) throws IOException {
    long whole = Files.exists(file) ? read(file, each) : 0;
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    channel.truncate(whole);
    channel.position(whole);
    return new AppendedLines(file, channel);
  }

  /// @return bytes of the whole lines
  static long read(Path file, Reader each) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int from = 0;
    int line = 1;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        each.line(new String(Arrays.copyOfRange(bytes, from, i), StandardCharsets.UTF_8), line++);
        from = i + 1;
      }
    }
    return from;
  }

  /// Hands one line to the system.
  ///
  /// @param line without its newline
  void append(String line) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.force(true);
    channel.close();
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
