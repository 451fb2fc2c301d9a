package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.FEW_ROWS;
import static dev.gavel.tensor.internal.vector.Lanes.ROWS;

import java.lang.foreign.MemorySegment;

/// The left operand: a row-major f32 matrix as it is (a stored row per row), or transposed (k
/// stored rows).
final class StridedLeft {
  private boolean trans;
  private MemorySegment a = MemorySegment.NULL;
  private long offset;
  private int ld;

  void set(boolean trans, MemorySegment a, long offset, int ld) {
    this.trans = trans;
    this.a = a;
    this.offset = offset;
    this.ld = ld;
  }

  void clear() {
    a = MemorySegment.NULL;
  }

  /// Writes rows `begin..end-1` and columns `k0..k0+kc-1` as panels of [Lanes#ROWS] rows (the last
  /// one of [#height] rows), the first at `o`, each `stride` values after the one before. The end
  /// of k is filled up to whole [Lanes#STEPS] with -0.
  void pack(int begin, int end, int k0, int kc, float[] dst, int o, int stride) {
    int whole = (end - begin) / ROWS;
    long start = offset + 4L * (trans ? (long) k0 * ld + begin : (long) begin * ld + k0);
    if (trans) {
      Packing.rowsOfA(a, start, ld, kc, dst, o, whole, stride);
    } else {
      for (int i = 0; i < whole; i++) {
        Packing.lines(a, start + 4L * i * ROWS * ld, ld, ROWS, kc, dst, o + i * stride, ROWS);
      }
    }
    for (int i = 0; i < whole; i++) {
      Packing.pad(dst, o + i * stride, ROWS, kc, -0f);
    }
    int rest = end - begin - whole * ROWS;
    if (rest > 0) {
      packRest(start + 4L * whole * ROWS * (trans ? 1 : ld), rest, kc, dst, o + whole * stride);
    }
  }

  private void packRest(long start, int rest, int kc, float[] dst, int o) {
    int height = height(rest);
    if (trans) {
      Packing.rows(a, start, ld, rest, kc, dst, o, height);
    } else {
      Packing.lines(a, start, ld, rest, kc, dst, o, height);
    }
    Packing.pad(dst, o, height, kc, -0f);
  }

  /// Rows of the micro-kernel that serves `rows` rows.
  static int height(int rows) {
    return rows > FEW_ROWS ? ROWS : FEW_ROWS;
  }
}
