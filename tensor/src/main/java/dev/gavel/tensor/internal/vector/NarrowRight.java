package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The right operand as a row-major bf16 matrix, B as it is (k rows) or transposed (a row per
/// column), widened while it is packed: a frozen weight needs no f32 copy.
final class NarrowRight implements RightOperand {
  /// The f32 values of a panel before they are transposed; it stays in L1.
  private static final class Scratch {
    private MemorySegment values = MemorySegment.NULL;

    MemorySegment of(long bytes) {
      if (values.byteSize() < bytes) {
        values = Arena.ofAuto().allocate(bytes, 64);
      }
      return values;
    }
  }

  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private boolean trans;
  private MemorySegment b = MemorySegment.NULL;
  private long offset;
  private int ld;

  NarrowRight set(boolean trans, MemorySegment b, long offset, int ld) {
    this.trans = trans;
    this.b = b;
    this.offset = offset;
    this.ld = ld;
    return this;
  }

  @Override
  public void pack(int k0, int kc, int j0, int nc, float[] dst, int o, int stride) {
    int panels = Lanes.ceil(nc, COLUMNS);
    if (trans) {
      columns(k0, kc, j0, nc, dst, o, stride);
    } else {
      Widen.rowsOfB(b, offset + 2 * ((long) k0 * ld + j0), ld, kc, nc, dst, o, stride);
    }
    for (int j = 0; j < panels; j++) {
      Packing.pad(dst, o + j * stride, COLUMNS, kc, 0f);
    }
  }

  /// Stored rows become columns: each is widened into a small buffer, which is then transposed.
  private void columns(int k0, int kc, int j0, int nc, float[] dst, int o, int stride) {
    MemorySegment wide = SCRATCH.get().of(4L * COLUMNS * kc);
    for (int j = 0; j < nc; j += COLUMNS, o += stride) {
      int count = Math.min(COLUMNS, nc - j);
      for (int i = 0; i < count; i++) {
        long row = offset + 2 * ((long) (j0 + j + i) * ld + k0);
        CastKernels.bf16ToF32(b, row, wide, 4L * i * kc, 0, kc);
      }
      Packing.lines(wide, 0, kc, count, kc, dst, o, COLUMNS);
    }
  }
}
