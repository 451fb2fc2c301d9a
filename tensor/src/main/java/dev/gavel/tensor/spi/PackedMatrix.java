package dev.gavel.tensor.spi;

import dev.gavel.tensor.DType;
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

  @Override
  void close();
}
