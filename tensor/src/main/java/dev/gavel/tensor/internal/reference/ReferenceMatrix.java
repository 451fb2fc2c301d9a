package dev.gavel.tensor.internal.reference;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.spi.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/// Weights at rest as plain rows.
record ReferenceMatrix(
    HostBuffer buffer, DType dtype, long rows, long columns, Consumer<HostBuffer> release)
    implements PackedMatrix {
  @Override
  public long bytes() {
    return buffer.bytes();
  }

  @Override
  public void put(MemorySegment source, long firstRow, long count) {
    long row = columns * dtype.bytes();
    buffer.segment().asSlice(firstRow * row, count * row).copyFrom(source.asSlice(0, count * row));
  }

  Doubles elements() {
    return new Doubles(buffer.segment(), dtype);
  }

  @Override
  public void close() {
    release.accept(buffer);
  }
}
