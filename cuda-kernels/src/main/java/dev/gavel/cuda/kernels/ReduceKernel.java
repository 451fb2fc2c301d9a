package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.Axis;

/// Sums along an axis, greatest elements, sums of squares and the factor of clipping: `reduce.cu`.
/// The order of summation depends on types and sizes only.
public final class ReduceKernel {
  /// The most partial sums of a tensor.
  private static final int PARTS = 528;

  /// What a part sums at least, in bytes, where there is so much.
  private static final int PART_BYTES = 16 * 4 * Grid.THREADS;

  /// The most shares into which the rows of a sum over rows are cut.
  private static final int SHARES = 32;

  private static final int SHARE_ROWS = 64;
  private static final int MOST = 512;

  private final Stream stream;
  private final Modules modules;
  private final Typed parts;
  private final Typed total;
  private final Typed rows;
  private final Typed columns;
  private final Typed merge;
  private final Typed max;

  public ReduceKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
    parts = new Typed(context, "reduce", "reduce_parts");
    total = new Typed(context, "reduce", "reduce_total");
    rows = new Typed(context, "reduce", "reduce_rows");
    columns = new Typed(context, "reduce", "reduce_columns");
    merge = new Typed(context, "reduce", "reduce_merge");
    max = new Typed(context, "reduce", "reduce_max");
  }

  /// How many partial sums n elements make, at least 1.
  public static int parts(DType type, long n) {
    return (int) Math.clamp(Math.ceilDiv(n * type.bytes(), PART_BYTES), 1, PARTS);
  }

  /// Device memory that [#sum] needs.
  public static long scratchBytes(Axis axis, DType type, long rowCount, int columnCount) {
    return switch (axis) {
      case ALL -> (long) Double.BYTES * parts(type, rowCount * columnCount);
      case LAST -> 0;
      case ROWS -> (long) Float.BYTES * shares(rowCount) * columnCount;
    };
  }

  private static int shares(long rowCount) {
    return (int) Math.clamp(Math.ceilDiv(rowCount, SHARE_ROWS), 1, SHARES);
  }

  /// Sum of x [rows, columns] along `axis`: y has 1, rows, or columns elements.
  ///
  /// @param scratch address of [#scratchBytes], aligned to 8 bytes
  public void sum(
      Axis axis, DType type, long y, long x, int rowCount, int columnCount, long scratch) {
    switch (axis) {
      case ALL -> {
        long n = (long) rowCount * columnCount;
        parts(type, scratch, x, false, n);
        total
            .of(type)
            .grid(1)
            .block(Grid.THREADS)
            .arg(y)
            .arg(scratch)
            .arg(parts(type, n))
            .launch(stream);
      }
      case LAST ->
          perRow(rows.of(type), type, rowCount, columnCount, 1)
              .arg(y)
              .arg(x)
              .arg(rowCount)
              .arg(columnCount)
              .launch(stream);
      case ROWS -> {
        int shares = shares(rowCount);
        columns
            .of(type)
            .grid(Grid.blocks(columnCount, 32), shares)
            .block(32, 8)
            .arg(scratch)
            .arg(x)
            .arg(rowCount)
            .arg(columnCount)
            .launch(stream);
        merge
            .of(type)
            .grid(Grid.blocks(columnCount, 32))
            .block(32, 32)
            .arg(y)
            .arg(scratch)
            .arg(shares)
            .arg(columnCount)
            .launch(stream);
      }
    }
  }

  private void parts(DType type, long to, long x, boolean squares, long n) {
    parts
        .of(type)
        .grid(parts(type, n))
        .block(Grid.THREADS)
        .arg(to)
        .arg(x)
        .arg(squares ? 1 : 0)
        .arg(n)
        .launch(stream);
  }

  /// A warp for each short row, a block for each long one; `each` times 32 bytes a thread.
  private static Kernel perRow(Kernel k, DType type, int rowCount, int columnCount, int each) {
    boolean small = (long) columnCount * type.bytes() <= 2048;
    return small
        ? k.grid(Grid.blocks(rowCount, 4)).block(32, 4)
        : k.grid(rowCount).block(Grid.threads(type, Math.ceilDiv(columnCount, each), MOST));
  }

  /// Maximum of each row of x; `index` (i32) gets the first position that holds it.
  public void max(DType type, long y, long index, long x, int rowCount, int columnCount) {
    perRow(max.of(type), type, rowCount, columnCount, 2)
        .arg(y)
        .arg(index)
        .arg(x)
        .arg(rowCount)
        .arg(columnCount)
        .launch(stream);
  }

  /// Partial sums of squares, f64, `parts(type, n)` of them. Those of many tensors may lie end to
  /// end for one [#total].
  public void squares(DType type, long to, long x, long n) {
    parts(type, to, x, true, n);
  }

  /// The sum (f64) of partial sums.
  public void total(long y, long from, int count) {
    modules
        .kernel("reduce", "reduce_squares")
        .grid(1)
        .block(Grid.THREADS)
        .arg(y)
        .arg(from)
        .arg(count)
        .launch(stream);
  }

  /// The factor (f32) that brings a gradient down to a norm of `limit`: min(1, limit / (norm +
  /// 1e-6)), and 1 for a limit of 0.
  ///
  /// @param squares address of the gradient's sum of squares, f64
  public void clip(long factor, long squares, double limit) {
    modules
        .kernel("reduce", "reduce_clip")
        .grid(1)
        .block(1)
        .arg(factor)
        .arg(squares)
        .arg((float) limit)
        .launch(stream);
  }

  /// Bytes that any of these must move.
  public static double bytes(DType type, long n) {
    return (double) type.bytes() * n;
  }
}
