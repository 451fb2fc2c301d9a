package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.io.MappedTensor;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/// Rows of a weight as they lie in their file.
///
/// They stay readable after [#release]: a thread that has begun with them ends with them.
final class BorrowedRows {
  /// Products from rows as they lie. Such a product takes two or three times as long as one from
  /// panels; to pack costs as much as ten to twenty of them take longer.
  static final int USES = 8;

  private final MappedTensor tensor;
  private final AtomicInteger uses = new AtomicInteger();

  BorrowedRows(MappedTensor tensor) {
    this.tensor = tensor;
  }

  MemorySegment values() {
    return tensor.bytes();
  }

  /// Counts a product; whether there may be one more.
  boolean again() {
    return uses.incrementAndGet() <= USES;
  }

  /// One row of `k` values, as f32.
  void gather(int row, int k, DType type, MemorySegment out, long offset) {
    MemorySegment values = values();
    long from = (long) row * k * type.bytes();
    if (type == DType.F32) {
      MemorySegment.copy(values, from, out, offset, 4L * k);
    } else {
      CastKernels.bf16ToF32(values, from, out, offset, 0, k);
    }
  }

  void release() {
    tensor.release();
  }
}
