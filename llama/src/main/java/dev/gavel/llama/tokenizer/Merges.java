package dev.gavel.llama.tokenizer;

import java.util.Arrays;

/// Which pairs of tokens merge, how early, and into what.
///
/// A pair and its rank are packed into one long (21 + 21 + 22 bits) of an open-addressed table: one
/// look-up is usually one cache line.
final class Merges {
  /// No such pair.
  static final int NONE = Integer.MAX_VALUE;

  static final int MAX_TOKENS = (1 << 21) - 1;
  static final int MAX_MERGES = (1 << 22) - 1;

  private static final int RANK_BITS = 22;
  private static final long FREE = -1;

  private final long[] table;
  private final int shift;
  private final int[] merged;

  /// Room for `count` merges, ranks 0..count-1.
  Merges(int count) {
    int bits = Math.max(4, 32 - Integer.numberOfLeadingZeros(count + count / 2));
    table = new long[1 << bits];
    shift = 64 - bits;
    merged = new int[count];
    Arrays.fill(table, FREE);
  }

  /// Adds the pair with the next rank.
  ///
  /// @return false when the pair is there already
  boolean add(int left, int right, int rank, int result) {
    if (rank(left, right) != NONE) {
      return false;
    }
    long pair = pair(left, right);
    int slot = slot(pair);
    while (table[slot] != FREE) {
      slot = slot + 1 & table.length - 1;
    }
    table[slot] = pair << RANK_BITS | rank;
    merged[rank] = result;
    return true;
  }

  /// The rank of a pair, the lower the earlier it merges, or [#NONE].
  int rank(int left, int right) {
    long pair = pair(left, right);
    for (int slot = slot(pair); ; slot = slot + 1 & table.length - 1) {
      long entry = table[slot];
      if (entry >>> RANK_BITS == pair) {
        return (int) entry & (1 << RANK_BITS) - 1;
      }
      if (entry == FREE) {
        return NONE;
      }
    }
  }

  /// What the pair of this rank becomes.
  int merged(int rank) {
    return merged[rank];
  }

  private static long pair(int left, int right) {
    return (long) left << 21 | right;
  }

  private int slot(long pair) {
    return (int) (pair * 0x9E3779B97F4A7C15L >>> shift);
  }
}
