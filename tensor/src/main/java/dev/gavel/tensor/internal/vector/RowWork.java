package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;

/// Operations on rows in parts. Where a sum crosses rows, a part is a fixed block of rows and the
/// parts' sums are added in their order.
final class RowWork {
  /// Rows whose column sums are one chain.
  private static final int BLOCK = 64;

  private final WorkerPool pool;

  RowWork(WorkerPool pool) {
    this.pool = pool;
  }

  void sum(Tensor x, Axis axis, Tensor y) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(y);
    int c = (int) x.shape().last();
    long rows = x.shape().rows();
    switch (axis) {
      case LAST -> Parts.rows(pool, rows, c, (a, b) -> RowKernels.sum(in, 0, out, 0, a, b, c));
      case ROWS -> {
        ElementKernels.fill(out, 0, 0, 0, c);
        addColumnSums(rows, c, out, (sums, a, b) -> RowKernels.columnSum(in, 0, sums, a, b, c));
      }
      case ALL -> out.set(Lanes.F32, 0, (float) total(in, x.size()));
    }
  }

  private double total(MemorySegment in, long n) {
    int block = 1 << 14;
    double[] sums = new double[(int) ((n + block - 1) / block)];
    Parts.run(
        pool, n, block, (a, b) -> sums[(int) (a / block)] = RowSums.sum(in, 4 * a, (int) (b - a)));
    double total = 0;
    for (double s : sums) {
      total += s;
    }
    return total;
  }

  private interface ColumnSums {
    void add(float[] sums, long from, long to);
  }

  /// y += the sums over all rows, block after block.
  private void addColumnSums(long rows, int c, MemorySegment y, ColumnSums body) {
    int blocks = (int) ((rows + BLOCK - 1) / BLOCK);
    float[][] sums = new float[blocks][];
    pool.run(
        blocks,
        p -> {
          sums[p] = new float[c];
          body.add(sums[p], (long) p * BLOCK, Math.min(rows, (p + 1L) * BLOCK));
        });
    for (float[] s : sums) {
      RowKernels.addSums(s, y, 0, c);
    }
  }

  void rowMax(Tensor x, Tensor y, Tensor index) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(y);
    MemorySegment at = HostBuffer.of(index);
    int c = (int) x.shape().last();
    Parts.rows(pool, y.size(), c, (a, b) -> RowKernels.max(in, 0, out, 0, at, 0, a, b, c));
  }

  void gather(Tensor table, Tensor ids, Tensor y) {
    MemorySegment in = HostBuffer.of(table);
    MemorySegment at = HostBuffer.of(ids);
    MemorySegment out = HostBuffer.of(y);
    int c = (int) table.shape().stride();
    int rows = (int) table.shape().dim(0);
    Parts.rows(
        pool,
        ids.size(),
        c,
        (a, b) -> EmbeddingKernels.gather(in, 0, rows, at, 0, out, 0, a, b, c));
  }

  /// Rows of a bf16 table.
  void gatherNarrow(Tensor table, Tensor ids, Tensor y) {
    MemorySegment in = HostBuffer.of(table);
    MemorySegment at = HostBuffer.of(ids);
    MemorySegment out = HostBuffer.of(y);
    int c = (int) table.shape().stride();
    int rows = (int) table.shape().dim(0);
    Parts.rows(
        pool,
        ids.size(),
        c,
        (a, b) -> EmbeddingKernels.gatherNarrow(in, 0, rows, at, 0, out, 0, a, b, c));
  }

  void gather(PackedMatrix table, Tensor ids, Tensor y) {
    MemorySegment at = HostBuffer.of(ids);
    MemorySegment out = HostBuffer.of(y);
    Parts.rows(
        pool,
        ids.size(),
        table.k(),
        (a, b) -> {
          for (long t = a; t < b; t++) {
            table.gatherRow(at.get(Lanes.I32, 4 * t), out, 4 * t * table.k());
          }
        });
  }

  void scatterAdd(Tensor x, Tensor ids, Tensor table) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(table);
    int c = (int) table.shape().stride();
    EmbeddingKernels.Runs runs =
        EmbeddingKernels.Runs.of(
            HostBuffer.of(ids), 0, (int) ids.size(), (int) table.shape().dim(0));
    Parts.rows(
        pool,
        runs.count(),
        c,
        (a, b) -> EmbeddingKernels.scatterAdd(runs, in, 0, out, 0, (int) a, (int) b, c));
  }

  void rmsNorm(Tensor x, Tensor w, double eps, Tensor y, Tensor rstd) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment weight = HostBuffer.of(w);
    MemorySegment out = HostBuffer.of(y);
    MemorySegment inverse = HostBuffer.of(rstd);
    int c = (int) w.size();
    Parts.rows(
        pool,
        rstd.size(),
        c,
        (a, b) -> NormKernels.forward(in, 0, weight, 0, out, 0, inverse, 0, a, b, c, (float) eps));
  }

  void rmsNormBackward(
      Tensor x,
      Tensor w,
      Tensor rstd,
      Tensor gy,
      Tensor gx,
      boolean addX,
      Tensor gw,
      boolean addW) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment weight = HostBuffer.of(w);
    MemorySegment inverse = HostBuffer.of(rstd);
    MemorySegment grad = HostBuffer.of(gy);
    MemorySegment outX = HostBuffer.of(gx);
    MemorySegment outW = HostBuffer.of(gw);
    int c = (int) w.size();
    if (!addW) {
      ElementKernels.fill(outW, 0, 0, 0, c);
    }
    addColumnSums(
        rstd.size(),
        c,
        outW,
        (sums, a, b) ->
            NormKernels.backward(
                in, 0, weight, 0, inverse, 0, grad, 0, outX, 0, addX, sums, a, b, c));
  }

  void rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, boolean inverse, Tensor y) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(y);
    MemorySegment at = HostBuffer.of(positions);
    RopeKernels.Tables tables =
        new RopeKernels.Tables(HostBuffer.of(cos), 0, HostBuffer.of(sin), 0);
    int heads = (int) x.shape().dim(1);
    int d = (int) x.shape().dim(2);
    Parts.rows(
        pool,
        x.shape().dim(0),
        (long) heads * d,
        (a, b) -> RopeKernels.rotate(in, 0, out, 0, at, 0, tables, a, b, heads, d, inverse));
  }

  void softmax(Tensor x, float temperature, Tensor y) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(y);
    int c = (int) x.shape().last();
    Parts.rows(
        pool,
        x.shape().rows(),
        c,
        (a, b) -> {
          for (long r = a; r < b; r++) {
            softmax(in, out, 4 * r * c, c, temperature);
          }
        });
  }

  private static void softmax(
      MemorySegment in, MemorySegment out, long row, int c, float temperature) {
    BinaryKernels.number(BinaryOp.DIV, in, row, temperature, out, row, 0, c);
    float max = RowSums.max(out, row, c);
    BinaryKernels.number(BinaryOp.SUB, out, row, max, out, row, 0, c);
    UnaryKernels.apply(UnaryOp.EXP, out, row, out, row, 0, c);
    double sum = RowSums.sum(out, row, c);
    ElementKernels.scale((float) (1 / sum), out, row, out, row, 0, c);
  }
}
