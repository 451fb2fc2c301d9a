package dev.gavel.tensor.internal.host;

import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Buffer;
import java.lang.foreign.MemorySegment;

/// Memory of the CPU.
///
/// @param segment as long as asked for
/// @param block the block of [HostMemory] that it was cut from
public record HostBuffer(MemorySegment segment, HostMemory.Block block) implements Buffer {
  @Override
  public long bytes() {
    return segment.byteSize();
  }

  /// The elements of a tensor of the CPU.
  public static MemorySegment of(Tensor t) {
    long bytes = t.dtype().bytes();
    return ((HostBuffer) t.buffer()).segment().asSlice(t.offset() * bytes, t.size() * bytes);
  }
}
