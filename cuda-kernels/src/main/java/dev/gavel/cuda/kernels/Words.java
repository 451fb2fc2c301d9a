package dev.gavel.cuda.kernels;

import java.util.Arrays;

/// Lists of integers laid end to end, for one upload; each begins at a multiple of 16 bytes.
final class Words {
  private static final int ALIGN = 4;

  private int[] words = new int[64];
  private int size;

  /// @return where the list begins, in bytes
  long add(int... list) {
    int at = size;
    size = at + (list.length + ALIGN - 1) / ALIGN * ALIGN;
    if (size > words.length) {
      words = Arrays.copyOf(words, Math.max(size, 2 * words.length));
    }
    System.arraycopy(list, 0, words, at, list.length);
    return 4L * at;
  }

  int[] toArray() {
    return Arrays.copyOf(words, size);
  }
}
