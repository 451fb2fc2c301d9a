package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;
import static dev.gavel.tensor.internal.vector.AttentionProducts.ROWS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
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
  private final int[] seen = new int[CHUNK];
  private final AttentionSoftmax softmax = new AttentionSoftmax(CHUNK);

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
      look(r, r + 1, first);
      if (seen[0] > 0) {
        AttentionRow.scores(q, r * columns, d, k, ko, scores, seen[0]);
        softmax(r, r + 1);
        AttentionRow.addValues(scores, seen[0], v, vo, d, acc, r * columns);
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
      int rows = to - from;
      look(from, to, first);
      for (int r = 0; r < rows; r += ROWS) {
        int a = (from + r) * columns;
        AttentionProducts.rows(
            q, a, columns, k, ko, d, d, true, scores, r * KEYS, KEYS, most(r, rows));
      }
      softmax(from, to);
      for (int r = 0; r < rows; r += ROWS) {
        int c = (from + r) * columns;
        AttentionProducts.rows(
            scores, r * KEYS, KEYS, v, vo, KEYS, most(r, rows), false, acc, c, columns, columns);
      }
    }
  }

  /// Sets how many keys of a page the rows `r0 .. r1 - 1` see.
  private void look(int r0, int r1, int first) {
    for (int r = r0; r < r1; r++) {
      seen[r - r0] = Math.clamp(position[r] - first + 1L, 0, KEYS);
    }
  }

  /// Keys that the group from row `r` of a chunk on needs.
  private int most(int r, int rows) {
    int n = 0;
    for (int i = r; i < Math.min(rows, r + ROWS); i++) {
      n = Math.max(n, seen[i]);
    }
    return n;
  }

  private void softmax(int r0, int r1) {
    softmax.apply(scores, r1 - r0, seen, max, sum, r0);
    for (int r = r0; r < r1; r++) {
      float shrink = softmax.shrink(r - r0);
      if (shrink != 1) {
        AttentionSoftmax.scale(acc, r * columns, columns, shrink);
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
