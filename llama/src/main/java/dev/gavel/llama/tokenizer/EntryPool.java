package dev.gavel.llama.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/// Byte strings one behind the other, as they are read from a file.
final class EntryPool {
  private byte[] bytes = new byte[1 << 12];
  private int[] start = new int[1 << 8];
  private int size;

  /// Entries with a character outside the byte alphabet; they hold their text as UTF-8.
  private final BitSet foreign = new BitSet();

  void add(char[] text, int from, int length) {
    int at = start[size];
    bytes = grown(bytes, at + length * 3);
    int count = length;
    if (!ByteAlphabet.spell(text, from, length, bytes, at)) {
      byte[] utf8 = new String(text, from, length).getBytes(StandardCharsets.UTF_8);
      System.arraycopy(utf8, 0, bytes, at, utf8.length);
      count = utf8.length;
      foreign.set(size);
    }
    size++;
    if (size == start.length) {
      start = Arrays.copyOf(start, size * 2);
    }
    start[size] = at + count;
  }

  private static byte[] grown(byte[] bytes, int capacity) {
    return bytes.length >= capacity
        ? bytes
        : Arrays.copyOf(bytes, Math.max(capacity, bytes.length * 2));
  }

  int size() {
    return size;
  }

  byte[] bytes() {
    return bytes;
  }

  int start(int entry) {
    return start[entry];
  }

  int length(int entry) {
    return start[entry + 1] - start[entry];
  }

  boolean isForeign(int entry) {
    return foreign.get(entry);
  }

  /// The first entry from `entry` on with a character outside the byte alphabet, or -1.
  int nextForeign(int entry) {
    return foreign.nextSetBit(entry);
  }

  /// The entry as the file writes it.
  String text(int entry) {
    if (foreign.get(entry)) {
      return new String(bytes, start[entry], length(entry), StandardCharsets.UTF_8);
    }
    return ByteAlphabet.text(bytes, start[entry], start[entry + 1]);
  }
}
