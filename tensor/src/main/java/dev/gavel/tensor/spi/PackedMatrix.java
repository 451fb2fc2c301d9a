package dev.gavel.tensor.spi;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.io.MappedTensor;
import java.lang.foreign.MemorySegment;

/// A constant matrix in a backend's own layout: weights at rest.
public interface PackedMatrix extends AutoCloseable {
  /// The type of the elements that [#put] brings; what the backend makes of them is its own affair.
  DType dtype();

  long rows();

  long columns();

  /// Memory that it holds.
  long bytes();

  /// Stores some rows.
  ///
  /// @param source `count` rows of [#dtype] elements, row-major
  void put(MemorySegment source, long firstRow, long count);

  /// Whether it would rather [#borrow] all rows than copy them by [#put].
  default boolean borrows() {
    return false;
  }

  /// Takes all rows as they lie, in place of [#put], if it [#borrows].
  default void borrow(MappedTensor rows) {
    put(rows.bytes(), 0, rows());
  }

  @Override
  void close();
}
