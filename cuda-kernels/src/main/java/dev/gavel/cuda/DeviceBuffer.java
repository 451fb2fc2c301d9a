package dev.gavel.cuda;

import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Buffer;

/// A piece of device memory.
///
/// @param address of its first byte
/// @param bytes usable size
/// @param place among the pieces of its size that belong to steps; -1: to no step
record DeviceBuffer(long address, long bytes, int place) implements Buffer {
  /// Where a tensor's elements stand.
  static long address(Tensor t) {
    return ((DeviceBuffer) t.buffer()).address + t.offset() * t.dtype().bytes();
  }
}
