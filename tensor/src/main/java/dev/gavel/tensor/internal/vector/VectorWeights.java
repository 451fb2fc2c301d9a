package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.io.MappedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Weights at rest as the SPI sees them: packed panels and the memory they own.
record VectorWeights(PackedMatrix panels, Arena arena, WorkerPool pool)
    implements dev.gavel.tensor.spi.PackedMatrix {
  static VectorWeights allocate(WorkerPool pool, DType type, long rows, long columns) {
    Arena arena = Arena.ofShared();
    int n = Math.toIntExact(rows);
    int k = Math.toIntExact(columns);
    return new VectorWeights(PackedMatrix.allocate(arena, n, k, type), arena, pool);
  }

  @Override
  public DType dtype() {
    return panels.type();
  }

  @Override
  public long rows() {
    return panels.n();
  }

  @Override
  public long columns() {
    return panels.k();
  }

  @Override
  public long bytes() {
    return panels.byteSize();
  }

  @Override
  public void put(MemorySegment source, long firstRow, long count) {
    panels.packRows(pool, source, 0, (int) firstRow, (int) count);
  }

  @Override
  public boolean borrows() {
    return panels.borrows();
  }

  @Override
  public void borrow(MappedTensor rows) {
    panels.borrow(rows);
  }

  @Override
  public void close() {
    arena.close();
  }
}
