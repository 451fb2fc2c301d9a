package dev.gavel.llama.tokenizer;

import java.util.Arrays;
import java.util.BitSet;

/// The entries of a byte-level BPE model: bytes of each id, id of each byte string.
///
/// All bytes lie in one pool; the index is one array of longs, an entry's hash above its id, probed
/// linearly, so a look-up of a string that is absent rarely touches the pool. Nothing changes after
/// construction.
final class Vocabulary {
  private static final long FREE = -1;

  private final byte[] pool;
  private final int[] start;
  private final int[] length;
  private final long[] index;
  private final int longest;
  private int repeated = -1;

  /// @param pool holds all entries
  /// @param start where entry `id` starts in it
  /// @param length its length in bytes
  /// @param spelled which entries are written in the byte alphabet: only these can be found
  Vocabulary(byte[] pool, int[] start, int[] length, BitSet spelled) {
    this.pool = pool;
    this.start = start;
    this.length = length;
    index = new long[Math.max(16, Integer.highestOneBit(start.length) * 4)];
    Arrays.fill(index, FREE);
    int most = 0;
    for (int id = spelled.nextSetBit(0); id >= 0; id = spelled.nextSetBit(id + 1)) {
      insert(id);
      most = Math.max(most, length[id]);
    }
    longest = most;
  }

  private void insert(int id) {
    int hash = hash(pool, start[id], length[id]);
    int slot = hash & index.length - 1;
    while (index[slot] != FREE) {
      if ((int) (index[slot] >>> 32) == hash
          && isEntry((int) index[slot], pool, start[id], length[id])) {
        repeated = id;
      }
      slot = slot + 1 & index.length - 1;
    }
    index[slot] = (long) hash << 32 | id;
  }

  private boolean isEntry(int id, byte[] bytes, int from, int count) {
    int at = start[id];
    return Arrays.equals(bytes, from, from + count, pool, at, at + length[id]);
  }

  /// An entry that can be found and has the bytes of another one, or -1.
  int repeated() {
    return repeated;
  }

  int size() {
    return start.length;
  }

  /// The id of these bytes, or -1.
  int find(byte[] bytes, int from, int count) {
    if (count > longest) {
      return -1;
    }
    int hash = hash(bytes, from, count);
    for (int slot = hash & index.length - 1; ; slot = slot + 1 & index.length - 1) {
      long entry = index[slot];
      if (entry == FREE) {
        return -1;
      }
      if ((int) (entry >>> 32) == hash && isEntry((int) entry, bytes, from, count)) {
        return (int) entry;
      }
    }
  }

  /// The id of an entry as the file writes it (`Ġthe`), or -1.
  int find(String spelled) {
    byte[] bytes = new byte[spelled.length()];
    boolean known = ByteAlphabet.spell(spelled.toCharArray(), 0, spelled.length(), bytes, 0);
    return known ? find(bytes, 0, bytes.length) : -1;
  }

  byte[] bytes(int id) {
    return Arrays.copyOfRange(pool, start[id], start[id] + length[id]);
  }

  void decode(int id, Utf8Decoder decoder, StringBuilder out) {
    decoder.append(pool, start[id], start[id] + length[id], out);
  }

  private static int hash(byte[] bytes, int from, int count) {
    int h = count;
    for (int i = from; i < from + count; i++) {
      h = (h ^ bytes[i]) * 0x01000193;
    }
    return h ^ h >>> 15;
  }
}
