package dev.gavel.tensor.spi;

import dev.gavel.tensor.DType;
import java.lang.foreign.MemorySegment;

/// A constant matrix in a backend's own layout: weights at rest.
public interface PackedMatrix extends AutoCloseable {
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
