package dev.gavel.train.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/// A buffered stream that can be looked into one byte ahead and read line by line.
final class Bytes implements AutoCloseable {
  private static final int CAPACITY = 1 << 16;

  private final InputStream in;
  private final Runnable beforeWaiting;
  private final byte[] buffer = new byte[CAPACITY];
  private int position;
  private int limit;

  Bytes(InputStream in, Runnable beforeWaiting) {
    this.in = in;
    this.beforeWaiting = beforeWaiting;
  }

  /// The next byte without taking it, or -1 at the end.
  int peek() throws IOException {
    return position < limit || fill() ? buffer[position] & 0xff : -1;
  }

  /// The next byte, or -1 at the end.
  int next() throws IOException {
    int b = peek();
    position += b < 0 ? 0 : 1;
    return b;
  }

  private boolean fill() throws IOException {
    beforeWaiting.run();
    limit = Math.max(in.read(buffer), 0);
    position = 0;
    return limit > 0;
  }

  /// The bytes up to the next line feed, which is taken but not returned, or up to the end.
  byte[] line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    while (peek() >= 0) {
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      line.write(buffer, position, end - position);
      boolean complete = end < limit;
      position = complete ? end + 1 : end;
      if (complete) {
        break;
      }
    }
    return line.toByteArray();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
