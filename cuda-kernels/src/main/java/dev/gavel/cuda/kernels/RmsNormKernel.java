package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;

/// Root mean square normalisation of rows, and its gradients: `rmsnorm.cu`.
public final class RmsNormKernel {
  /// Blocks of 256 threads among which the backward pass shares out rows. It decides the order of
  /// summation of gw, so it is a constant, and not what a device would like: 2 for each of an
  /// H200's 132 multiprocessors.
  private static final int SHARES = 264;

  private static final int MOST_FORWARD = 1024;

  /// What the registers of the backward kernel allow.
  private static final int MOST_BACKWARD = 512;

  /// Shared memory of a thread of the backward kernel: two rows' worth of x, gy and gx.
  private static final int RING_BYTES = 2 * 3 * 32;

  private final Stream stream;
  private final Typed forward;
  private final Typed backward;
  private final Typed columns;

  public RmsNormKernel(CudaContext context) {
    stream = context.stream();
    forward = new Typed(context, "rmsnorm", "rmsnorm_forward");
    backward = new Typed(context, "rmsnorm", "rmsnorm_backward");
    columns = new Typed(context, "rmsnorm", "rmsnorm_columns");
  }

  /// y = x / sqrt(mean(x^2) + eps) * w for each row; `rstd` (f32) gets 1 / sqrt(mean(x^2) + eps).
  ///
  /// @param type of y, x [rows, dim] and w [dim]
  public void forward(
      DType type, long y, long rstd, long x, long w, int rows, int dim, double eps) {
    forward
        .of(type)
        .grid(rows)
        .block(Grid.threads(type, dim, MOST_FORWARD))
        .arg(y)
        .arg(rstd)
        .arg(x)
        .arg(w)
        .arg(dim)
        .arg((float) eps)
        .launch(stream);
  }

  private static int blocks(DType type, int rows, int dim) {
    return Math.min(rows, SHARES * Grid.THREADS / Grid.threads(type, dim, MOST_BACKWARD));
  }

  /// Device memory that [#backward] needs for partial sums.
  public static long scratchBytes(DType type, int rows, int dim) {
    return (long) Float.BYTES * blocks(type, rows, dim) * dim;
  }

  /// Gradients.
  ///
  /// @param gx overwritten, or added to if `addX`; likewise gw
  /// @param rstd from the forward pass
  /// @param scratch address of [#scratchBytes]
  public void backward(
      DType type,
      long gx,
      boolean addX,
      long gw,
      boolean addW,
      long x,
      long w,
      long rstd,
      long gy,
      int rows,
      int dim,
      long scratch) {
    int blocks = blocks(type, rows, dim);
    backward
        .of(type)
        .grid(blocks)
        .block(Grid.threads(type, dim, MOST_BACKWARD))
        .shared(RING_BYTES * Grid.threads(type, dim, MOST_BACKWARD))
        .arg(gx)
        .arg(addX ? 1 : 0)
        .arg(scratch)
        .arg(x)
        .arg(w)
        .arg(rstd)
        .arg(gy)
        .arg(rows)
        .arg(dim)
        .launch(stream);
    columns
        .of(type)
        .grid(Grid.blocks(dim, 32))
        .block(32, 32)
        .arg(gw)
        .arg(addW ? 1 : 0)
        .arg(scratch)
        .arg(blocks)
        .arg(dim)
        .launch(stream);
  }

  /// Bytes that the forward pass must move.
  public static double forwardBytes(DType type, long rows, int dim) {
    return 2.0 * type.bytes() * rows * dim;
  }

  /// Bytes that the backward pass must move; gx is read if it is added to.
  public static double backwardBytes(DType type, long rows, int dim, boolean addX) {
    return (addX ? 4.0 : 3.0) * type.bytes() * rows * dim;
  }
}
