package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;

/// Softmax of rows at a temperature: `softmax.cu`.
public final class SoftmaxKernel {
  private static final int MOST = 512;
  private static final double LOG2_E = 1.4426950408889634;

  private final Stream stream;
  private final Typed softmax;

  public SoftmaxKernel(CudaContext context) {
    stream = context.stream();
    softmax = new Typed(context, "softmax", "softmax");
  }

  /// y = softmax(x / temperature) for each row.
  ///
  /// @param y [rows, columns], may be x
  public void run(DType type, long y, long x, int rows, int columns, double temperature) {
    softmax
        .of(type)
        .grid(rows)
        .block(Grid.threads(type, columns, MOST))
        .arg(y)
        .arg(x)
        .arg(columns)
        .arg((float) (LOG2_E / temperature))
        .launch(stream);
  }

  /// Bytes that must move if the second reading finds the row in a cache.
  public static double bytes(DType type, long rows, int columns) {
    return 2.0 * type.bytes() * rows * columns;
  }
}
