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
import jdk.incubator.vector.VectorOperators;

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
  /// Rows that go through a page together, so that their scores stay near.
  private static final int CHUNK = 8 * ROWS;

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

  /// @param rows capacity
  /// @param d head size
  AttentionTile(int rows, int d) {
    this.d = d;
    columns = AttentionProducts.padded(d);
    scale = (float) (1 / Math.sqrt(d));
    q = new float[rows * columns];
    acc = new float[rows * columns];
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
    Arrays.fill(acc, row * columns, (row + 1) * columns, 0f);
    max[row] = Float.NEGATIVE_INFINITY;
    sum[row] = 0;
    position[row] = at;
  }

  /// Applies the page whose first position is `first` to the rows `r0 .. r1 - 1`.
  void page(MemorySegment k, long ko, MemorySegment v, long vo, int first, int r0, int r1) {
    int whole = r0 + (r1 - r0) / ROWS * ROWS;
    if (whole > r0) {
      unpack(k, ko, v, vo);
      for (int r = r0; r < whole; r += CHUNK) {
        chunk(first, r, Math.min(whole, r + CHUNK));
      }
    }
    for (int r = whole; r < r1; r++) {
      int n = visible(r, first);
      if (n > 0) {
        AttentionRow.scores(q, r * columns, d, k, ko, scores, n);
        softmax(r, 0, n);
        AttentionRow.addValues(scores, n, v, vo, d, acc, r * columns);
      }
    }
  }

  private void unpack(MemorySegment k, long ko, MemorySegment v, long vo) {
    for (int j = 0; j < KEYS; ) {
      int width = AttentionProducts.panel(KEYS - j);
      if (width == KEYS) {
        MemorySegment.copy(k, Lanes.F32, ko, keys, 0, d * KEYS);
      } else {
        for (int p = 0; p < d; p++) {
          long from = ko + 4L * (p * KEYS + j);
          MemorySegment.copy(k, Lanes.F32, from, keys, j * d + p * width, width);
        }
      }
      j += width;
    }
    for (int i = 0; i < KEYS; i++) {
      AttentionProducts.packRow(v, vo + 4L * i * d, d, 1f, values, 0, KEYS, i);
    }
  }

  private int visible(int row, int first) {
    return Math.clamp(position[row] - first + 1L, 0, KEYS);
  }

  /// Rows `r0 .. r1 - 1`, whole groups of [AttentionProducts#ROWS].
  private void chunk(int first, int r0, int r1) {
    Arrays.fill(scores, 0, (r1 - r0) * KEYS, 0f);
    for (int r = r0; r < r1; r += ROWS) {
      int at = (r - r0) * KEYS;
      int n = mostVisible(r, first);
      AttentionProducts.rows(q, r * columns, columns, keys, 0, d, d, scores, at, KEYS, n);
    }
    for (int r = r0; r < r1; r++) {
      softmax(r, (r - r0) * KEYS, visible(r, first));
    }
    for (int r = r0; r < r1; r += ROWS) {
      int at = (r - r0) * KEYS;
      int n = mostVisible(r, first);
      AttentionProducts.rows(
          scores, at, KEYS, values, 0, KEYS, n, acc, r * columns, columns, columns);
    }
  }

  /// Keys of the page that a group of rows needs.
  private int mostVisible(int row, int first) {
    int n = 0;
    for (int r = row; r < row + ROWS; r++) {
      n = Math.max(n, visible(r, first));
    }
    return n;
  }

  /// Turns the scores of a row, from index `at` on, into exp(score - new maximum), 0 for hidden
  /// keys, and brings the row's sums to the new maximum.
  private void softmax(int row, int at, int n) {
    int round = (n + ROUND - 1) & -ROUND;
    Arrays.fill(scores, at + n, at + round, Float.NEGATIVE_INFINITY);
    Arrays.fill(scores, at + round, at + KEYS, 0f);
    if (n == 0) {
      return;
    }
    float old = max[row];
    float now = Math.max(old, largest(at, round));
    float shrink = ScalarMath.exp(old - now);
    FloatVector strip = exponentials(at, round, now, 0);
    float part = Lanes.fold(L < 8 ? strip.add(exponentials(at, round, now, L)) : strip);
    max[row] = now;
    sum[row] = Math.fma(sum[row], shrink, part);
    for (int j = row * columns; j < (row + 1) * columns; j += L) {
      FloatVector.fromArray(F, acc, j).mul(shrink).intoArray(acc, j);
    }
  }

  private float largest(int at, int n) {
    FloatVector m = FloatVector.fromArray(F, scores, at);
    for (int j = L; j < n; j += L) {
      FloatVector x = FloatVector.fromArray(F, scores, at + j);
      m = m.blend(x, x.compare(VectorOperators.GT, m));
    }
    return Lanes.max(m);
  }

  /// A strip of the sum, as in [RowSums].
  private FloatVector exponentials(int at, int n, float now, int lane) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = a;
    for (int i = at + lane; i < at + lane + n; i += ROUND) {
      FloatVector e = VectorMath.exp(FloatVector.fromArray(F, scores, i).sub(now));
      e.intoArray(scores, i);
      a = a.add(e);
      if (L <= 8) {
        e = VectorMath.exp(FloatVector.fromArray(F, scores, i + 8).sub(now));
        e.intoArray(scores, i + 8);
        b = b.add(e);
      }
    }
    return a.add(b);
  }

  /// Writes the result of a row, `d` floats, to byte `offset`.
  ///
  /// @return log of the sum of exp(scores)
  float finish(int row, MemorySegment out, long offset) {
    int at = row * columns;
    for (int j = 0; j < d; j += L) {
      // + 0: a zero has no sign, as a hidden value adds one of either sign
      FloatVector y = FloatVector.fromArray(F, acc, at + j).div(sum[row]).add(0f);
      if (j + L <= d) {
        y.intoMemorySegment(out, offset + 4L * j, LE);
      } else {
        y.intoMemorySegment(out, offset + 4L * j, LE, tail(0, d - j));
      }
    }
    return max[row] + ScalarMath.log(sum[row]);
  }
}
