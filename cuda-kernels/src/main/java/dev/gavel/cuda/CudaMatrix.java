package dev.gavel.cuda;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.PackedMatrix;
import java.lang.foreign.MemorySegment;

/// Weights at rest as plain rows on the device, in the type of the activations.
///
/// @param dtype of the rows that [#put] brings
/// @param held of the rows on the device
record CudaMatrix(
    CudaBackend backend, DeviceBuffer buffer, DType dtype, DType held, long rows, long columns)
    implements PackedMatrix {
  @Override
  public long bytes() {
    return buffer.bytes();
  }

  @Override
  public void put(MemorySegment source, long firstRow, long count) {
    MemorySegment piece = source.asSlice(0, count * columns * dtype.bytes());
    backend.put(piece, dtype, address(firstRow), held, count * columns);
  }

  /// Of an element of the first column.
  long address(long row) {
    return buffer.address() + row * columns * held.bytes();
  }

  @Override
  public void close() {
    backend.free(buffer);
  }
}
