package dev.gavel.cuda.kernels;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.spi.KvBatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/// Sequences in a pool of pages, for tests: what was there before and what is new, on the host.
///
/// @param batch pages lie anywhere in the pool
/// @param pool one layer of two, the other's memory in between
/// @param q [T, H, D]; k, v [T, KV, D] of the new tokens
record Paged(
    DType type,
    AttentionShape shape,
    KvBatch batch,
    int pages,
    float[] pool,
    float[] q,
    float[] k,
    float[] v) {
  static final int PAGE = 64;

  /// @param old positions that sequences hold already
  /// @param fresh new tokens of each
  /// @param shared so many pages are the same for all sequences
  static Paged of(DType type, AttentionShape shape, int[] old, int[] fresh, int shared) {
    Random random = new Random(7 + old.length);
    List<Integer> places = new ArrayList<>();
    int count = shared;
    for (int s = 0; s < old.length; s++) {
      count += Math.max(0, pagesOf(old[s] + fresh[s]) - shared);
    }
    for (int i = 0; i < count; i++) {
      places.add(i);
    }
    Collections.shuffle(places, random);
    int[][] pages = new int[old.length][];
    int next = shared;
    for (int s = 0; s < old.length; s++) {
      pages[s] = new int[pagesOf(old[s] + fresh[s])];
      for (int p = 0; p < pages[s].length; p++) {
        pages[s][p] = places.get(p < shared ? p : next++);
      }
    }
    Ragged tokens = Ragged.ofLengths(fresh);
    boolean bf16 = type == DType.BF16;
    int d = shape.headSize();
    return new Paged(
        type,
        shape,
        new KvBatch(tokens, old, pages),
        count,
        AttentionLoops.gaussian(random, count * pageElements(shape), bf16),
        AttentionLoops.gaussian(random, tokens.tokens() * shape.heads() * d, bf16),
        AttentionLoops.gaussian(random, tokens.tokens() * shape.kvHeads() * d, bf16),
        AttentionLoops.gaussian(random, tokens.tokens() * shape.kvHeads() * d, bf16));
  }

  private static int pagesOf(int tokens) {
    return (tokens + PAGE - 1) / PAGE;
  }

  /// Two layers of keys and values.
  static int pageElements(AttentionShape shape) {
    return 4 * valueOffset(shape);
  }

  static int valueOffset(AttentionShape shape) {
    return shape.kvHeads() * PAGE * shape.headSize();
  }

  /// The second layer of the pool at an address.
  KvLayer layer(long pool) {
    return new KvLayer(
        pool + 2L * valueOffset(shape) * type.bytes(), pageElements(shape), valueOffset(shape));
  }

  /// Where position t of a sequence stands in the pool, for a head of keys.
  int key(int sequence, int t, int kvHead) {
    int page = batch.pages()[sequence][t / PAGE];
    return page * pageElements(shape)
        + 2 * valueOffset(shape)
        + (kvHead * PAGE + t % PAGE) * shape.headSize();
  }

  /// The pool with the new tokens in it.
  float[] written() {
    float[] after = pool.clone();
    for (int s = 0; s < batch.tokens().sequences(); s++) {
      for (int i = 0; i < batch.tokens().length(s); i++) {
        for (int h = 0; h < shape.kvHeads(); h++) {
          int from = ((batch.tokens().offset(s) + i) * shape.kvHeads() + h) * shape.headSize();
          int to = key(s, batch.start()[s] + i, h);
          System.arraycopy(k, from, after, to, shape.headSize());
          System.arraycopy(v, from, after, to + valueOffset(shape), shape.headSize());
        }
      }
    }
    return after;
  }

  /// Some of the sequences, in the same pool.
  Paged only(int... sequences) {
    int heads = shape.heads() * shape.headSize();
    int keys = shape.kvHeads() * shape.headSize();
    int[] lengths = new int[sequences.length];
    int[] start = new int[sequences.length];
    int[][] pages = new int[sequences.length][];
    List<float[]> parts = new ArrayList<>();
    for (int i = 0; i < sequences.length; i++) {
      int s = sequences[i];
      lengths[i] = batch.tokens().length(s);
      start[i] = batch.start()[s];
      pages[i] = batch.pages()[s];
      int at = batch.tokens().offset(s);
      parts.add(slice(q, at * heads, lengths[i] * heads));
      parts.add(slice(k, at * keys, lengths[i] * keys));
      parts.add(slice(v, at * keys, lengths[i] * keys));
    }
    KvBatch some = new KvBatch(Ragged.ofLengths(lengths), start, pages);
    return new Paged(
        type, shape, some, this.pages, pool, every(parts, 0), every(parts, 1), every(parts, 2));
  }

  private static float[] slice(float[] x, int at, int count) {
    return java.util.Arrays.copyOfRange(x, at, at + count);
  }

  private static float[] every(List<float[]> parts, int first) {
    int size = 0;
    for (int i = first; i < parts.size(); i += 3) {
      size += parts.get(i).length;
    }
    float[] all = new float[size];
    int at = 0;
    for (int i = first; i < parts.size(); i += 3) {
      System.arraycopy(parts.get(i), 0, all, at, parts.get(i).length);
      at += parts.get(i).length;
    }
    return all;
  }

  AttentionLoops check(float[] y) {
    float[] after = written();
    float[] values = slice(after, 0, after.length);
    AttentionLoops loops = new AttentionLoops();
    int offset = valueOffset(shape);
    float[] shifted = slice(values, offset, values.length); // v stands at the key's place in it
    for (int s = 0; s < batch.tokens().sequences(); s++) {
      int sequence = s;
      for (int i = 0; i < batch.tokens().length(s); i++) {
        for (int h = 0; h < shape.heads(); h++) {
          int row = ((batch.tokens().offset(s) + i) * shape.heads() + h) * shape.headSize();
          int kv = h / shape.group();
          loops.row(
              y,
              q,
              row,
              shape.headSize(),
              batch.start()[s] + i,
              after,
              shifted,
              t -> key(sequence, t, kv));
        }
      }
    }
    return loops;
  }
}
