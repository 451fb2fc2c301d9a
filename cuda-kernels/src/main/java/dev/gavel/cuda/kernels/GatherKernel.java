package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;

/// Rows by index, and sums into rows by index, in a fixed order: `gather.cu`.
public final class GatherKernel {
  /// Ids that a block sorts.
  private static final int RUN = 256;

  private final Stream stream;
  private final Modules modules;
  private final Typed scatter;

  public GatherKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
    scatter = new Typed(context, "gather", "scatter_add_rows");
  }

  private Kernel kernel(String entry) {
    return modules.kernel("gather", entry);
  }

  /// y[i] = table[ids[i]]; a copy, for any type.
  ///
  /// @param y [count, stride]
  /// @param ids i32 [count], within the table
  public void gather(DType type, long y, long table, long ids, int count, long stride) {
    int bytes = Math.toIntExact(stride * type.bytes());
    kernel("gather_rows")
        .grid(bytes == 0 ? 0 : count)
        .block(Grid.threads(type, stride, Grid.THREADS))
        .arg(y)
        .arg(table)
        .arg(ids)
        .arg(bytes)
        .launch(stream);
  }

  /// Device memory that [#scatterAdd] needs: ids with their places, in runs and in order.
  public static long scratchBytes(int count) {
    return 2L * Long.BYTES * count;
  }

  /// table[ids[i]] += x[i], equal ids in the order of i. A row's sum runs in f32 and is rounded
  /// once.
  ///
  /// @param scratch address of [#scratchBytes], aligned to 8 bytes
  public void scatterAdd(
      DType type, long table, long x, long ids, int count, int stride, long scratch) {
    long sorted = scratch + (long) Long.BYTES * count;
    kernel("scatter_sort")
        .grid(Grid.blocks(count, RUN))
        .block(RUN)
        .arg(scratch)
        .arg(ids)
        .arg(count)
        .launch(stream);
    kernel("scatter_merge")
        .grid(Grid.blocks(count, 32))
        .block(32, 8)
        .arg(sorted)
        .arg(scratch)
        .arg(count)
        .launch(stream);
    int threads = Grid.threads(type, stride, Grid.THREADS);
    scatter
        .of(type)
        .grid(count, Grid.blocks((long) stride * type.bytes(), 16 * threads, 65_535))
        .block(threads)
        .arg(table)
        .arg(x)
        .arg(sorted)
        .arg(count)
        .arg(stride)
        .launch(stream);
  }

  /// Bytes that [#gather] must move.
  public static double gatherBytes(DType type, long count, long stride) {
    return 2.0 * type.bytes() * count * stride;
  }

  /// Bytes that [#scatterAdd] must move if no id comes twice.
  public static double scatterBytes(DType type, long count, long stride) {
    return 3.0 * type.bytes() * count * stride;
  }
}
