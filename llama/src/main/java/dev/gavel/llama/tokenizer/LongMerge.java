package dev.gavel.llama.tokenizer;

import java.util.Arrays;

/// Merges the pairs of a long piece in O(n log n): a linked list of tokens and a heap of pairs by
/// (rank, position). The order is that of the short form in [Bpe]: lowest rank first, leftmost
/// first among equals.
///
/// An entry of the heap is stale when the pair at its position has another rank by now; a pair only
/// grows, so a rank does not return. Memory: 16 bytes per byte of the piece and 8 per entry of the
/// heap, of which there are at most two per byte.
final class LongMerge {
  private static final int ARITY = 4;

  private final Merges merges;
  private final int[] token;
  private final int[] rank;
  private final int[] next;
  private final int[] previous;
  private long[] heap;
  private int heaped;

  /// @param token the ids of the single bytes; changed in place
  LongMerge(Merges merges, int[] token) {
    this.merges = merges;
    this.token = token;
    int n = token.length;
    rank = new int[n];
    next = new int[n];
    previous = new int[n];
    heap = new long[n];
    for (int i = 0; i < n; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      rank[i] = i + 1 < n ? merges.rank(token[i], token[i + 1]) : Merges.NONE;
      if (rank[i] != Merges.NONE) {
        heap[heaped++] = entry(rank[i], i);
      }
    }
    for (int i = (heaped - 2) / ARITY; i >= 0 && heaped > 1; i--) {
      sink(i, heap[i]);
    }
  }

  void run(IdList out) {
    while (heaped > 0) {
      long top = pop();
      int at = (int) top;
      if (rank[at] == (int) (top >>> 32)) {
        merge(at);
      }
    }
    for (int i = 0; i < token.length; i = next[i]) {
      out.add(token[i]);
    }
  }

  private void merge(int at) {
    int gone = next[at];
    token[at] = merges.merged(rank[at]);
    rank[gone] = Merges.NONE;
    next[at] = next[gone];
    if (next[at] < token.length) {
      previous[next[at]] = at;
    }
    update(at);
    if (previous[at] >= 0) {
      update(previous[at]);
    }
  }

  /// Ranks the pair that now starts at `at`.
  private void update(int at) {
    int right = next[at];
    rank[at] = right < token.length ? merges.rank(token[at], token[right]) : Merges.NONE;
    if (rank[at] != Merges.NONE) {
      push(entry(rank[at], at));
    }
  }

  private static long entry(int rank, int at) {
    return (long) rank << 32 | at;
  }

  private void push(long entry) {
    if (heaped == heap.length) {
      heap = Arrays.copyOf(heap, heaped + (heaped >> 1) + 1);
    }
    int i = heaped++;
    while (i > 0 && heap[(i - 1) / ARITY] > entry) {
      heap[i] = heap[(i - 1) / ARITY];
      i = (i - 1) / ARITY;
    }
    heap[i] = entry;
  }

  private long pop() {
    long top = heap[0];
    long last = heap[--heaped];
    if (heaped > 0) {
      sink(0, last);
    }
    return top;
  }

  private void sink(int from, long entry) {
    int i = from;
    while (true) {
      int child = i * ARITY + 1;
      if (child >= heaped) {
        break;
      }
      int end = Math.min(child + ARITY, heaped);
      for (int c = child + 1; c < end; c++) {
        if (heap[c] < heap[child]) {
          child = c;
        }
      }
      if (heap[child] >= entry) {
        break;
      }
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = entry;
  }
}
