package dev.gavel.llama.tokenizer;

/// Byte-pair encoding of one piece: starting from single bytes, the adjacent pair of lowest rank is
/// merged, leftmost first among equals, until no pair merges (Sennrich et al. 2016, over bytes as
/// in GPT-2).
///
/// With `ignoreMerges` a piece that is an entry is that entry, even where merging would not build
/// it. An instance holds scratch memory and serves one thread.
final class Bpe {
  /// Pieces up to this many bytes are merged in a plain array, in O(n²) with a small constant.
  private static final int SHORT = 64;

  private final BpeModel model;
  private final IdList out;
  private final int[] token = new int[SHORT];
  private final int[] rank = new int[SHORT];

  Bpe(BpeModel model, IdList out) {
    this.model = model;
    this.out = out;
  }

  /// Appends the ids of a piece.
  ///
  /// @param count at least 1
  void encode(byte[] piece, int count) {
    if (model.ignoreMerges() || count == 1) {
      int whole = model.vocabulary().find(piece, 0, count);
      if (whole >= 0) {
        out.add(whole);
        return;
      }
    }
    if (count <= SHORT) {
      encodeShort(piece, count);
    } else {
      int[] bytes = new int[count];
      for (int i = 0; i < count; i++) {
        bytes[i] = model.idOfByte(piece[i]);
      }
      new LongMerge(model.merges(), bytes).run(out);
    }
  }

  private void encodeShort(byte[] piece, int count) {
    Merges merges = model.merges();
    int n = count;
    token[0] = model.idOfByte(piece[0]);
    for (int i = 1; i < n; i++) {
      token[i] = model.idOfByte(piece[i]);
      rank[i - 1] = merges.rank(token[i - 1], token[i]);
    }
    while (n > 1) {
      int best = 0;
      for (int i = 1; i < n - 1; i++) {
        if (rank[i] < rank[best]) {
          best = i;
        }
      }
      if (rank[best] == Merges.NONE) {
        break;
      }
      n = merge(best, n);
    }
    for (int i = 0; i < n; i++) {
      out.add(token[i]);
    }
  }

  /// Merges the pair at `at` among `n` tokens, and returns how many are left.
  private int merge(int at, int n) {
    Merges merges = model.merges();
    token[at] = merges.merged(rank[at]);
    for (int i = at + 1; i < n - 1; i++) {
      token[i] = token[i + 1];
      rank[i - 1] = rank[i];
    }
    if (at < n - 2) {
      rank[at] = merges.rank(token[at], token[at + 1]);
    }
    if (at > 0) {
      rank[at - 1] = merges.rank(token[at - 1], token[at]);
    }
    return n - 1;
  }
}
