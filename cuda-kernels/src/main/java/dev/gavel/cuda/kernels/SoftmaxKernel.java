package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;

/// Softmax of rows at a temperature: `softmax.cu`.
public final class SoftmaxKernel {
  private static final int MOST = 1024;
  private static final int SLICE = 16;
  private static final double LOG2_E = 1.4426950408889634;

  private final CudaContext context;
  private final Stream stream;
  private final Typed softmax;

  public SoftmaxKernel(CudaContext context) {
    this.context = context;
    stream = context.stream();
    softmax = new Typed(context, "softmax", "softmax");
  }

  /// How many slices of a row a thread keeps in shared memory: all, or what a multiprocessor has
  /// room for.
  private int held(DType type, int columns, int threads) {
    int room =
        switch (context.capability()) {
          case 80, 87 -> 144 << 10;
          case 86, 89, 120 -> 80 << 10;
          default -> 192 << 10;
        };
    return Math.min(
        Math.ceilDiv(columns * type.bytes(), threads * SLICE), room / (threads * SLICE));
  }

  /// y = softmax(x / temperature) for each row.
  ///
  /// @param y [rows, columns], may be x
  public void run(DType type, long y, long x, int rows, int columns, double temperature) {
    int threads = Grid.threads(type, columns, MOST);
    int held = held(type, columns, threads);
    softmax
        .of(type)
        .grid(rows)
        .block(threads)
        .shared(held * threads * SLICE)
        .arg(y)
        .arg(x)
        .arg(columns)
        .arg((float) (LOG2_E / temperature))
        .arg(held)
        .launch(stream);
  }

  /// Bytes that must move if what is read twice is found in a cache.
  public static double bytes(DType type, long rows, int columns) {
    return 2.0 * type.bytes() * rows * columns;
  }
}
