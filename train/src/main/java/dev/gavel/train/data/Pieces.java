package dev.gavel.train.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Cuts a source into the bytes of its rows: lines, or the elements of a JSON array when the first
/// character of the source is `[`. What the bytes mean is not looked at, so that one bad row leaves
/// the others readable.
final class Pieces implements RecordSource {
  private final Bytes bytes;
  private int number;
  private boolean started;
  private boolean array;
  private boolean ended;

  /// What stood before the first row on its line.
  private final ByteArrayOutputStream blanks = new ByteArrayOutputStream();

  /// @param number from 1
  /// @param error why nothing after this place can be read, instead of bytes
  record Piece(int number, boolean element, byte[] bytes, @Nullable String error) {}

  Pieces(Bytes bytes) {
    this.bytes = bytes;
  }

  /// The next row's bytes; null at the end.
  @Override
  public @Nullable Piece next() throws IOException {
    if (!started) {
      start();
    }
    if (ended) {
      return null;
    }
    return array ? nextElement() : nextLine();
  }

  private void start() throws IOException {
    started = true;
    skipByteOrderMark();
    while (isBlank(bytes.peek())) {
      int blank = bytes.next();
      blanks.write(blank);
      if (blank == '\n') {
        number++;
        blanks.reset();
      }
    }
    array = bytes.peek() == '[';
    if (array) {
      bytes.next();
      number = 0;
    }
  }

  /// Some editors put one in front of UTF-8; it is no part of the text. (A lone 0xEF is left out
  /// too, and what follows it is then no JSON.)
  private void skipByteOrderMark() throws IOException {
    for (int expected : new int[] {0xef, 0xbb, 0xbf}) {
      if (bytes.peek() != expected) {
        return;
      }
      bytes.next();
    }
  }

  private @Nullable Piece nextLine() throws IOException {
    while (bytes.peek() >= 0) {
      blanks.writeBytes(bytes.line());
      byte[] line = blanks.toByteArray();
      blanks.reset();
      number++;
      if (!isBlank(line)) {
        return new Piece(number, false, line, null);
      }
    }
    ended = true;
    return null;
  }

  private @Nullable Piece nextElement() throws IOException {
    skipBlanks();
    boolean first = number == 0;
    if (bytes.peek() == ']') {
      bytes.next();
      skipBlanks();
      ended = true;
      return bytes.peek() < 0 ? null : broken("there is text after the array");
    }
    number++;
    if (!first && bytes.next() != ',') {
      return broken("the array has no comma or closing bracket before this element");
    }
    skipBlanks();
    byte[] element = element();
    if (element.length == 0 || (bytes.peek() < 0)) {
      return broken(
          bytes.peek() < 0 ? "the array is not closed" : "the array has an empty element");
    }
    return new Piece(number, true, element, null);
  }

  private Piece broken(String why) {
    ended = true;
    return new Piece(number, true, new byte[0], why + "; what follows is not read");
  }

  /// The bytes up to the comma or bracket that ends an element at the top of the array.
  private byte[] element() throws IOException {
    ByteArrayOutputStream element = new ByteArrayOutputStream(256);
    int depth = 0;
    boolean inString = false;
    for (int b = bytes.peek(); b >= 0; b = bytes.peek()) {
      if (!inString && depth == 0 && (b == ',' || b == ']')) {
        break;
      }
      element.write(bytes.next());
      if (inString) {
        if (b == '\\' && bytes.peek() >= 0) {
          element.write(bytes.next());
        }
        inString = b != '"';
      } else if (b == '"') {
        inString = true;
      } else if (b == '{' || b == '[') {
        depth++;
      } else if (b == '}' || b == ']') {
        depth--;
      }
    }
    return element.toByteArray();
  }

  private void skipBlanks() throws IOException {
    while (isBlank(bytes.peek())) {
      bytes.next();
    }
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (!isBlank(b)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isBlank(int b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }
}
