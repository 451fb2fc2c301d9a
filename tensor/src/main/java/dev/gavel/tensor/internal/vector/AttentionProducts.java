package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.F32;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.WIDE;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.tail;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// The products inside attention, on blocks that live in L1 and L2, and how their right operands
/// are laid out.
///
/// A right operand B[depth][columns] is stored in panels of 2 to 4 vectors of columns (2 where
/// there are 16 registers): the panel of the columns from j on begins `j * depth` behind the first
/// and holds row after row of its columns. Its number of columns is a multiple of a vector, as
/// [#padded] says.
final class AttentionProducts {
  /// Keys of a page, and so the length of a row of scores.
  static final int KEYS = 64;

  /// Rows of a micro-kernel.
  static final int ROWS = 6;

  private AttentionProducts() {}

  /// Columns that `d` columns take up in panels and sums: a multiple of 16 and at least two
  /// vectors.
  static int padded(int d) {
    return Math.max((d + 15) & -16, 2 * L);
  }

  /// Vectors of the panel that begins where `left` vectors are left.
  private static int vectors(int left) {
    if (!WIDE) {
      return 2;
    }
    return left <= 4 ? left : left == 5 ? 3 : 4;
  }

  /// Columns of the panel that begins where `left` columns are left.
  static int panel(int left) {
    return vectors(left / L) * L;
  }

  /// C[6][columns] (+)= A[6][k] B[k][columns], overwriting if `fresh`, for the panels that begin
  /// below column `limit`.
  static void rows(
      float[] a,
      int ao,
      int lda,
      float[] b,
      int bo,
      int depth,
      int k,
      boolean fresh,
      float[] c,
      int co,
      int columns,
      int limit) {
    for (int j = 0; j < limit; ) {
      int n = vectors((columns - j) / L);
      switch (n) {
        case 2 -> Product6x2.rows(a, ao, lda, b, bo + j * depth, k, fresh, c, co + j, columns);
        case 3 -> Product6x3.rows(a, ao, lda, b, bo + j * depth, k, fresh, c, co + j, columns);
        default -> Product6x4.rows(a, ao, lda, b, bo + j * depth, k, fresh, c, co + j, columns);
      }
      j += n * L;
    }
  }

  /// C[6][columns] += A[from .. to - 1][6]^T B[from .. to - 1][columns], A's rows being [#KEYS]
  /// long and its six columns beginning at index `ao`.
  static void columns(
      float[] a, int ao, float[] b, int depth, int from, int to, float[] c, int co, int columns) {
    int k = to - from;
    int at = ao + from * KEYS;
    for (int j = 0; j < columns; ) {
      int n = vectors((columns - j) / L);
      int bo = j * depth + from * n * L;
      switch (n) {
        case 2 -> Product6x2.columns(a, at, b, bo, k, c, co + j, columns);
        case 3 -> Product6x3.columns(a, at, b, bo, k, c, co + j, columns);
        default -> Product6x4.columns(a, at, b, bo, k, c, co + j, columns);
      }
      j += n * L;
    }
  }

  /// Puts a row of `d` floats at byte `offset` into row `row` of panels, times `scale`, with zeros
  /// behind it.
  static void packRow(
      MemorySegment s, long offset, int d, float scale, float[] b, int bo, int depth, int row) {
    int columns = padded(d);
    for (int j = 0; j < columns; ) {
      int width = panel(columns - j);
      int at = bo + j * depth + row * width;
      for (int i = j; i < j + width; i += L) {
        part(s, offset, i, d).mul(scale).intoArray(b, at + i - j);
      }
      j += width;
    }
  }

  /// Puts `count` rows of `d` floats, `stride` bytes apart, into panels of depth [#KEYS] from index
  /// `bo` on.
  static void packPage(
      MemorySegment s, long offset, long stride, int count, int d, float[] b, int bo) {
    int columns = padded(d);
    if (columns == d && columns == panel(columns) && stride == 4L * d) {
      MemorySegment.copy(s, F32, offset, b, bo, count * d);
      return;
    }
    for (int j = 0; j < columns; ) {
      int width = panel(columns - j);
      for (int i = 0, at = bo + j * KEYS; i < count; i++, at += width) {
        packPart(s, offset + i * stride, j, width, d, b, at);
      }
      j += width;
    }
  }

  private static void packPart(
      MemorySegment s, long offset, int j, int width, int d, float[] b, int at) {
    if (j + width > d) {
      for (int i = 0; i < width; i += L) {
        part(s, offset, j + i, d).intoArray(b, at + i);
      }
      return;
    }
    long from = offset + 4L * j;
    load(s, from).intoArray(b, at);
    load(s, from + 4 * L).intoArray(b, at + L);
    if (width > 2 * L) {
      load(s, from + 8 * L).intoArray(b, at + 2 * L);
    }
    if (width > 3 * L) {
      load(s, from + 12 * L).intoArray(b, at + 3 * L);
    }
  }

  /// Puts the keys of a page of [AttentionTile], float[d][KEYS], into panels.
  static void unpackKeys(MemorySegment k, long offset, int d, float[] b) {
    for (int j = 0; j < KEYS; ) {
      int width = panel(KEYS - j);
      if (width == KEYS) {
        MemorySegment.copy(k, F32, offset, b, 0, d * KEYS);
      } else {
        for (int p = 0, at = j * d; p < d; p++, at += width) {
          packPart(k, offset + 4L * p * KEYS, j, width, KEYS, b, at);
        }
      }
      j += width;
    }
  }

  /// Copies a row of `d` floats at byte `offset` to index `to`, times `scale`, with zeros up to
  /// [#padded].
  static void copyRow(MemorySegment s, long offset, int d, float scale, float[] to, int at) {
    int columns = padded(d);
    for (int j = 0; j < columns; j += L) {
      part(s, offset, j, d).mul(scale).intoArray(to, at + j);
    }
  }

  /// Elements `i .. i + L - 1` of a row of `d`; what is behind the row is 0.
  private static FloatVector part(MemorySegment s, long offset, int i, int d) {
    if (i + L <= d) {
      return load(s, offset + 4L * i);
    }
    return i < d ? load(s, offset + 4L * i, tail(0, d - i)) : FloatVector.zero(F);
  }

  /// The transpose of `count` stored rows of `d` floats, `stride` bytes apart, as panels with a
  /// column for each of [#KEYS] rows; columns from `count` on become 0.
  static void packTransposed(
      MemorySegment s, long offset, long stride, int count, int d, float[] b, int bo) {
    if (count < KEYS) {
      Arrays.fill(b, bo, bo + d * KEYS, 0f);
    }
    for (int j = 0; j < count; ) {
      int width = panel(KEYS - j);
      int n = Math.min(width, count - j);
      transpose(s, offset + j * stride, stride, n, d, b, bo + j * d, width);
      j += width;
    }
  }

  /// b[o + p * width + r] = element p of row r.
  static void transpose(
      MemorySegment s, long offset, long stride, int count, int d, float[] b, int o, int width) {
    int whole = count & -8;
    if (whole > 0) {
      Packing.lines(s, offset, (int) (stride / 4), whole, d, b, o, width);
    }
    for (int r = whole; r < count; r++) {
      for (int p = 0; p < d; p++) {
        b[o + p * width + r] = Lanes.get(s, offset + r * stride + 4L * p);
      }
    }
  }
}
