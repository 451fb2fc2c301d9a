package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;
import static dev.gavel.tensor.internal.vector.AttentionProducts.ROWS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.ROUND;
import static dev.gavel.tensor.internal.vector.Lanes.tail;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Causal attention of some query rows over pages of keys and values: behind training, prefill and
/// decoding. One object per thread.
///
/// A page holds, for one key/value head, 64 positions of a sequence, the first a multiple of 64:
/// the keys transposed, float[D][64], and the values, float[64][D]. What stands in unfilled slots
/// does not matter if it is finite. A row is loaded, sees pages in the order of their positions,
/// and is finished. Over the pages it keeps a running maximum and sum, rescaled once per page
/// (Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv 2205.14135).
///
/// A row's arithmetic is fixed by its query, its position and its pages. It does not depend on
/// which other rows are loaded, on the rows that a page is applied to at once, or on the vector
/// width: scores are chains of fma over the head's elements, the sum of a page's probabilities has
/// the shape of [Lanes], values are added in the order of positions, hidden ones with a probability
/// of 0.
final class AttentionTile {
  /// Rows that go through a page together: with keys or values they fill L1.
  private static final int CHUNK = 4 * ROWS;

  private final int d;
  private final int columns;
  private final float scale;

  private final float[] q;
  private final float[] acc;
  private final float[] max;
  private final float[] sum;
  private final int[] position;

  private final float[] keys;
  private final float[] values;
  private final float[] scores = new float[CHUNK * KEYS];
  private final float[] now = new float[CHUNK];
  private final float[] shrink = new float[CHUNK + ROUND];

  /// @param rows capacity
  /// @param d head size
  AttentionTile(int rows, int d) {
    this.d = d;
    columns = AttentionProducts.padded(d);
    scale = (float) (1 / Math.sqrt(d));
    int whole = (rows + ROWS - 1) / ROWS * ROWS;
    q = new float[whole * columns];
    acc = new float[whole * columns];
    max = new float[rows];
    sum = new float[rows];
    position = new int[rows];
    keys = new float[d * KEYS];
    values = new float[columns * KEYS];
  }

  boolean fits(int rows, int d) {
    return d == this.d && rows <= max.length;
  }

  /// Begins row `row` with the query of `d` floats at byte `offset`.
  void load(int row, MemorySegment query, long offset, int at) {
    AttentionProducts.copyRow(query, offset, d, scale, q, row * columns);
    for (int j = row * columns; j < (row + 1) * columns; j += L) {
      FloatVector.zero(F).intoArray(acc, j);
    }
    max[row] = Float.NEGATIVE_INFINITY;
    sum[row] = 0;
    position[row] = at;
  }

  /// Applies the page whose first position is `first` to the rows `r0 .. r1 - 1`.
  void page(MemorySegment k, long ko, MemorySegment v, long vo, int first, int r0, int r1) {
    int whole = r0 + (r1 - r0) / ROWS * ROWS;
    if (whole > r0) {
      AttentionProducts.unpackKeys(k, ko, d, keys);
      AttentionProducts.packPage(v, vo, 4L * d, KEYS, d, values, 0);
      groups(keys, 0, values, 0, first, r0, whole);
    }
    for (int r = whole; r < r1; r++) {
      int n = visible(r, first);
      if (n > 0) {
        AttentionRow.scores(q, r * columns, d, k, ko, scores, n);
        softmax(first, r, r + 1);
        AttentionRow.addValues(scores, n, v, vo, d, acc, r * columns);
      }
    }
  }

  /// The same for a page in panels: the keys as [AttentionProducts#packTransposed] leaves them at
  /// index `ko`, the values as [AttentionProducts#packPage] does at `vo`. The rows need not be
  /// whole groups, but the tile must have room for whole ones.
  void panels(float[] k, int ko, float[] v, int vo, int first, int r0, int r1) {
    groups(k, ko, v, vo, first, r0, r1);
  }

  private void groups(float[] k, int ko, float[] v, int vo, int first, int r0, int r1) {
    for (int from = r0; from < r1; from += CHUNK) {
      int to = Math.min(r1, from + CHUNK);
      for (int r = from; r < to; r += ROWS) {
        int n = mostVisible(r, Math.min(to, r + ROWS), first);
        int at = (r - from) * KEYS;
        AttentionProducts.rows(q, r * columns, columns, k, ko, d, d, true, scores, at, KEYS, n);
      }
      softmax(first, from, to);
      for (int r = from; r < to; r += ROWS) {
        int n = mostVisible(r, Math.min(to, r + ROWS), first);
        int at = (r - from) * KEYS;
        AttentionProducts.rows(
            scores, at, KEYS, v, vo, KEYS, n, false, acc, r * columns, columns, columns);
      }
    }
  }

  /// Keys of a page that a row sees.
  private int visible(int row, int first) {
    return Math.clamp(position[row] - first + 1L, 0, KEYS);
  }

  private int mostVisible(int r0, int r1, int first) {
    int n = 0;
    for (int r = r0; r < r1; r++) {
      n = Math.max(n, visible(r, first));
    }
    return n;
  }

  /// Turns the scores of rows `r0 .. r1 - 1` into exp(score - new maximum), 0 for hidden keys, and
  /// brings what the rows summed before to the new maximum.
  private void softmax(int first, int r0, int r1) {
    for (int r = r0, at = 0; r < r1; r++, at += KEYS) {
      int n = visible(r, first);
      if (n == KEYS) {
        now[r - r0] = Math.max(max[r], AttentionSoftmax.largest(scores, at));
      } else {
        AttentionSoftmax.hide(scores, at, n);
        now[r - r0] = n == 0 ? max[r] : Math.max(max[r], AttentionSoftmax.largest(scores, at, n));
      }
    }
    for (int r = r0; r < r1; r++) {
      float change = max[r] - now[r - r0];
      shrink[r - r0] = Float.isNaN(change) ? 0f : change; // -inf less -inf: it has seen no key yet
    }
    AttentionSoftmax.exp(shrink, r1 - r0);
    for (int r = r0, at = 0; r < r1; r++, at += KEYS) {
      int n = visible(r, first);
      if (n == KEYS) {
        AttentionSoftmax.exp(scores, at, now[r - r0]);
      } else {
        AttentionSoftmax.exp(scores, at, n, now[r - r0]);
      }
    }
    for (int r = r0, at = 0; r < r1; r++, at += KEYS) {
      float part = AttentionSoftmax.sum(scores, at, visible(r, first));
      sum[r] = Math.fma(sum[r], shrink[r - r0], part);
      if (max[r] != now[r - r0]) {
        AttentionSoftmax.scale(acc, r * columns, columns, shrink[r - r0]);
        max[r] = now[r - r0];
      }
    }
  }

  /// Writes the result of a row, `d` floats, to byte `offset`.
  ///
  /// @return log of the sum of exp(scores)
  float finish(int row, MemorySegment out, long offset) {
    int at = row * columns;
    float inverse = 1 / sum[row];
    for (int j = 0; j < d; j += L) {
      // + 0: a zero has no sign, as a hidden value adds one of either sign
      FloatVector y = FloatVector.fromArray(F, acc, at + j).mul(inverse).add(0f);
      if (j + L <= d) {
        y.intoMemorySegment(out, offset + 4L * j, LE);
      } else {
        y.intoMemorySegment(out, offset + 4L * j, LE, tail(0, d - j));
      }
    }
    return max[row] + ScalarMath.log(sum[row]);
  }
}
