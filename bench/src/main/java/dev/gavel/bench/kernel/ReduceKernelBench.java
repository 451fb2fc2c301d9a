package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.ReduceKernel;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.Axis;
import org.openjdk.jmh.annotations.Param;

/// Sums and maxima of 32,768 rows of 8,192, and the sum of all squares.
public class ReduceKernelBench extends KernelBench {
  @Param({"all", "rows", "columns", "max", "squares"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int rows = data.size(32_768, 10);
    int columns = data.size(8_192, 300);
    long n = (long) rows * columns;
    ReduceKernel kernel = new ReduceKernel(data.context());
    long x = data.noise(DType.BF16, n);
    long y = data.room(4L * Math.max(rows, columns));
    long index = data.room(4L * rows);
    long scratch =
        data.room(Math.max(room(Axis.ALL, rows, columns), room(Axis.ROWS, rows, columns)));
    Runnable launch =
        switch (name) {
          case "all" -> () -> kernel.sum(Axis.ALL, DType.BF16, y, x, rows, columns, scratch);
          case "rows" -> () -> kernel.sum(Axis.LAST, DType.BF16, y, x, rows, columns, scratch);
          case "columns" -> () -> kernel.sum(Axis.ROWS, DType.BF16, y, x, rows, columns, scratch);
          case "max" -> () -> kernel.max(DType.BF16, y, index, x, rows, columns);
          default ->
              () -> {
                kernel.squares(DType.BF16, scratch, x, n);
                kernel.total(y, scratch, ReduceKernel.parts(DType.BF16, n));
                kernel.clip(index, y, 1);
              };
        };
    return KernelWork.moving(ReduceKernel.bytes(DType.BF16, n), launch);
  }

  private static long room(Axis axis, int rows, int columns) {
    return Math.max(8, ReduceKernel.scratchBytes(axis, DType.BF16, rows, columns));
  }
}
