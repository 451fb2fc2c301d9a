package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;
import static dev.gavel.tensor.internal.vector.AttentionProducts.ROWS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.ROUND;
import static dev.gavel.tensor.internal.vector.Lanes.tail;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Gradients of causal grouped-query attention for one sequence and one key/value head at a time,
/// from the log-sum-exp that the forward pass kept. One object per thread; its memory grows with the
/// longest sequence.
///
/// With P = exp(q k / sqrt(D) - lse), all over the rows (tokens by heads of the group):
///
///     gv = P^T gy    dP = gy v^T    dS = P * (dP - rowsum(gy * y))    gq = dS k / sqrt(D)    gk = dS^T q / sqrt(D)
///
/// (Dao et al., arXiv 2205.14135, appendix B.4.) Each product is a chain of fma: scores over the
/// head's elements, gq over the keys in order, gk and gv over tokens in order and, for a token, over
/// the heads of the group. So neither blocks nor threads nor the vector width change a bit.
final class AttentionBackward {
  /// Rows of a block.
  private static final int BLOCK = 8 * ROWS;

  /// Rows of gk and gv that a page takes: the groups of [AttentionProducts#ROWS] keys stick out.
  private static final int KEY_ROWS = (KEYS + ROWS - 1) / ROWS * ROWS;

  private final int group;
  private final int d;
  private final int columns;
  private final float scale;
  private final int blockTokens;
  private final int blockRows;

  // a block of rows; "lines" lie as they are, panels are right operands
  private final float[] queryLines;
  private final float[] queryPanels;
  private final float[] gradLines;
  private final float[] gradPanels;
  private final float[] gradQuery;
  private final float[] norms;
  private final float[] deltas;
  private final float[] probabilities;
  private final float[] gradScores;

  // all pages of the sequence
  private float[] keysAcross = new float[0];
  private float[] valuesAcross = new float[0];
  private float[] keys = new float[0];
  private float[] gradKeys = new float[0];
  private float[] gradValues = new float[0];

  /// @param group query heads of a key/value head
  /// @param d head size
  AttentionBackward(int group, int d) {
    this.group = group;
    this.d = d;
    columns = AttentionProducts.padded(d);
    scale = (float) (1 / Math.sqrt(d));
    blockTokens = Math.max(1, BLOCK / group);
    blockRows = (blockTokens * group + ROWS - 1) / ROWS * ROWS;
    queryLines = new float[blockRows * columns];
    queryPanels = new float[blockRows * columns];
    gradLines = new float[blockRows * columns];
    gradPanels = new float[blockRows * columns];
    gradQuery = new float[blockRows * columns];
    norms = new float[blockRows];
    deltas = new float[blockRows];
    probabilities = new float[blockRows * KEYS + ROWS];
    gradScores = new float[blockRows * KEYS + ROWS];
  }

  boolean fits(int group, int d) {
    return group == this.group && d == this.d;
  }

  /// Gradients of key/value head `kv` and its query heads in the sequence of tokens `begin .. end -
  /// 1`, overwriting.
  void run(AttentionTensors t, AttentionTensors.Gradients g, int begin, int end, int kv) {
    int pages = (end - begin + KEYS - 1) / KEYS;
    reserve(pages);
    for (int p = 0; p < pages; p++) {
      packPage(t, begin + p * KEYS, Math.min(KEYS, end - begin - p * KEYS), p, kv);
    }
    for (int first = begin; first < end; first += blockTokens) {
      int tokens = Math.min(blockTokens, end - first);
      loadBlock(t, g, first, tokens, kv);
      for (int p = 0; p <= (first + tokens - 1 - begin) / KEYS; p++) {
        page(p, first - begin - p * KEYS, tokens);
      }
      storeBlock(t, g, first, tokens, kv);
    }
    for (int i = 0; i < end - begin; i++) {
      int from = (i / KEYS * KEY_ROWS + i % KEYS) * columns;
      store(gradKeys, from, 1f, g.k(), t.key(begin + i, kv));
      store(gradValues, from, 1f, g.v(), t.key(begin + i, kv));
    }
  }

  private void reserve(int pages) {
    if (keysAcross.length < pages * d * KEYS) {
      keysAcross = new float[pages * d * KEYS];
      valuesAcross = new float[pages * d * KEYS];
      keys = new float[pages * columns * KEYS];
      gradKeys = new float[pages * columns * KEY_ROWS];
      gradValues = new float[pages * columns * KEY_ROWS];
    }
    Arrays.fill(gradKeys, 0, pages * columns * KEY_ROWS, 0f);
    Arrays.fill(gradValues, 0, pages * columns * KEY_ROWS, 0f);
  }

  private void packPage(AttentionTensors t, int first, int count, int p, int kv) {
    long from = t.key(first, kv);
    long stride = t.keyStride();
    AttentionProducts.packTransposed(t.k(), from, stride, count, d, keysAcross, p * d * KEYS);
    AttentionProducts.packTransposed(t.v(), from, stride, count, d, valuesAcross, p * d * KEYS);
    for (int i = 0; i < count; i++) {
      AttentionProducts.packRow(t.k(), from + i * stride, d, 1f, keys, p * columns * KEYS, KEYS, i);
    }
  }

  private void loadBlock(
      AttentionTensors t, AttentionTensors.Gradients g, int first, int tokens, int kv) {
    for (int token = first, i = 0; token < first + tokens; token++) {
      long at = t.query(token, kv);
      long norm = t.norm(token, kv);
      for (int h = 0; h < group; h++, i++, at += 4L * d, norm += 4) {
        AttentionProducts.copyRow(t.q(), at, d, scale, queryLines, i * columns);
        AttentionProducts.packRow(t.q(), at, d, scale, queryPanels, 0, blockRows, i);
        AttentionProducts.copyRow(g.y(), at, d, 1f, gradLines, i * columns);
        AttentionProducts.packRow(g.y(), at, d, 1f, gradPanels, 0, blockRows, i);
        norms[i] = Lanes.get(t.lse(), norm);
        deltas[i] = (float) RowSums.dot(g.y(), at, t.y(), at, d);
      }
    }
    Arrays.fill(gradQuery, 0f);
  }

  private void storeBlock(
      AttentionTensors t, AttentionTensors.Gradients g, int first, int tokens, int kv) {
    for (int token = first, i = 0; token < first + tokens; token++) {
      long at = t.query(token, kv);
      for (int h = 0; h < group; h++, i++, at += 4L * d) {
        store(gradQuery, i * columns, scale, g.q(), at);
      }
    }
  }

  /// One page for the block's rows.
  ///
  /// @param ahead position of the block's first token less that of the page's first key
  private void page(int p, int ahead, int tokens) {
    int rows = tokens * group;
    int across = p * d * KEYS;
    for (int r = 0; r < rows; r += ROWS) {
      int n = visible(ahead, Math.min(r + ROWS, rows) - 1);
      int at = r * columns;
      AttentionProducts.rows(
          queryLines,
          at,
          columns,
          keysAcross,
          across,
          d,
          d,
          true,
          probabilities,
          r * KEYS,
          KEYS,
          n);
      AttentionProducts.rows(
          gradLines, at, columns, valuesAcross, across, d, d, true, gradScores, r * KEYS, KEYS, n);
    }
    for (int r = 0; r < rows; r++) {
      gradScores(r, visible(ahead, r));
    }
    Arrays.fill(probabilities, rows * KEYS, probabilities.length, 0f);
    Arrays.fill(gradScores, rows * KEYS, gradScores.length, 0f);
    int from = Math.clamp(-(long) ahead * group, 0, rows);
    int most = visible(ahead, rows - 1);
    for (int i = 0; i < most; i += ROWS) {
      int to = (p * KEY_ROWS + i) * columns;
      AttentionProducts.columns(
          probabilities, i, gradPanels, blockRows, from, rows, gradValues, to, columns);
      AttentionProducts.columns(
          gradScores, i, queryPanels, blockRows, from, rows, gradKeys, to, columns);
    }
    for (int r = 0; r < rows; r += ROWS) {
      int n = visible(ahead, Math.min(r + ROWS, rows) - 1);
      AttentionProducts.rows(
          gradScores,
          r * KEYS,
          KEYS,
          keys,
          p * columns * KEYS,
          KEYS,
          n,
          false,
          gradQuery,
          r * columns,
          columns,
          columns);
    }
  }

  /// Keys of a page that row `r` of the block sees.
  private int visible(int ahead, int r) {
    return Math.clamp(ahead + r / group + 1L, 0, KEYS);
  }

  /// Row `r` of scores becomes probabilities, and its gradient that of the scores; 0 for hidden
  /// keys.
  private void gradScores(int r, int n) {
    int at = r * KEYS;
    int round = at + ((n + ROUND - 1) & -ROUND);
    Arrays.fill(probabilities, at + n, round, Float.NEGATIVE_INFINITY);
    float lse = norms[r];
    float shift = deltas[r];
    for (int j = at; j < round; j += L) {
      FloatVector e = VectorMath.exp(FloatVector.fromArray(F, probabilities, j).sub(lse));
      e.intoArray(probabilities, j);
      FloatVector g = FloatVector.fromArray(F, gradScores, j);
      e.mul(g.sub(shift)).intoArray(gradScores, j);
    }
    Arrays.fill(probabilities, round, at + KEYS, 0f);
    Arrays.fill(gradScores, round, at + KEYS, 0f);
  }

  private void store(float[] from, int at, float factor, MemorySegment to, long offset) {
    for (int j = 0; j < d; j += L) {
      FloatVector v = FloatVector.fromArray(F, from, at + j).mul(factor);
      if (j + L <= d) {
        v.intoMemorySegment(to, offset + 4L * j, LE);
      } else {
        v.intoMemorySegment(to, offset + 4L * j, LE, tail(0, d - j));
      }
    }
  }
}
