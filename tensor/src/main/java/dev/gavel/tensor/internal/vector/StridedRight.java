package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;

import java.lang.foreign.MemorySegment;

/// The right operand as a row-major f32 matrix: B as it is (k rows), or transposed (a row per
/// column).
final class StridedRight implements RightOperand {
  private boolean trans;
  private MemorySegment b = MemorySegment.NULL;
  private long offset;
  private int ld;

  StridedRight set(boolean trans, MemorySegment b, long offset, int ld) {
    this.trans = trans;
    this.b = b;
    this.offset = offset;
    this.ld = ld;
    return this;
  }

  @Override
  public void pack(int k0, int kc, int j0, int nc, float[] dst, int o, int stride) {
    int panels = Lanes.ceil(nc, COLUMNS);
    int whole = nc / COLUMNS;
    if (trans) {
      long start = offset + 4 * ((long) j0 * ld + k0);
      for (int j = 0; j < panels; j++) {
        int count = Math.min(COLUMNS, nc - j * COLUMNS);
        Packing.lines(
            b, start + 4L * j * COLUMNS * ld, ld, count, kc, dst, o + j * stride, COLUMNS);
      }
    } else {
      long start = offset + 4 * ((long) k0 * ld + j0);
      Packing.rowsOfB(b, start, ld, kc, dst, o, whole, stride);
      if (panels > whole) {
        int count = nc - whole * COLUMNS;
        Packing.rows(
            b, start + 4L * whole * COLUMNS, ld, count, kc, dst, o + whole * stride, COLUMNS);
      }
    }
    for (int j = 0; j < panels; j++) {
      Packing.pad(dst, o + j * stride, COLUMNS, kc, 0f);
    }
  }
}
