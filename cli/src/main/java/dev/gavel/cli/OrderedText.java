package dev.gavel.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Texts that grow side by side, shown one after the other: the first one as it comes, the next
/// ones when those before them have ended. Each ends with a line feed.
final class OrderedText {
  private final OutputStream out;
  private final Map<Long, StringBuilder> waiting = new HashMap<>();
  private final Set<Long> ended = new HashSet<>();
  private long shown;

  OrderedText(OutputStream out) {
    this.out = out;
  }

  /// More of a text.
  ///
  /// @param number of the text, from 0
  void append(long number, String piece) {
    if (number == shown) {
      print(piece);
    } else {
      waiting.computeIfAbsent(number, _ -> new StringBuilder()).append(piece);
    }
  }

  /// A text is complete; one that nothing was said of is an empty line.
  void end(long number) {
    ended.add(number);
    while (ended.remove(shown)) {
      print("\n");
      StringBuilder next = waiting.remove(++shown);
      if (next != null) {
        print(next.toString());
      }
    }
  }

  private void print(String text) {
    try {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
