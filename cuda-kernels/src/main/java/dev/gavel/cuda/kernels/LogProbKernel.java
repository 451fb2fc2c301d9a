package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;

/// Log-probabilities of targets from rows of logits, and the gradient of the logits: `log_prob.cu`.
/// Values, statistics and their gradient are f32, whatever the logits are.
public final class LogProbKernel {
  private static final int MOST_FORWARD = 512;

  /// Times 16 bytes that a thread of the backward pass has in flight; as in the source.
  private static final int DEPTH = 4;

  private final Stream stream;
  private final Typed forward;
  private final Typed backward;

  public LogProbKernel(CudaContext context) {
    stream = context.stream();
    forward = new Typed(context, "log_prob", "log_prob_forward");
    backward = new Typed(context, "log_prob", "log_prob_backward");
  }

  /// y = log softmax(z)[target] for each row.
  ///
  /// @param type of the logits z [rows, columns]
  /// @param y f32 [rows]
  /// @param stats f32 [rows, 3]: log of the sum of exp(z), entropy, 1 if the target is the arg-max
  /// @param targets i32 [rows], within the columns
  public void forward(DType type, long y, long stats, long z, long targets, int rows, int columns) {
    forward
        .of(type)
        .grid(rows)
        .block(Grid.threads(type, columns, MOST_FORWARD))
        .arg(y)
        .arg(stats)
        .arg(z)
        .arg(targets)
        .arg(columns)
        .launch(stream);
  }

  /// gz = (onehot(target) - softmax(z)) * gy for each row.
  ///
  /// @param gz of the same type; may be z
  /// @param stats from the forward pass
  /// @param gy f32 [rows]
  public void backward(
      DType type, long gz, long z, long targets, long stats, long gy, int rows, int columns) {
    int tiles = Math.max(1, Grid.blocks((long) columns * type.bytes(), Grid.THREADS * 16 * DEPTH));
    backward
        .of(type)
        .grid(Math.multiplyExact(rows, tiles))
        .block(Grid.THREADS)
        .arg(gz)
        .arg(z)
        .arg(targets)
        .arg(stats)
        .arg(gy)
        .arg(columns)
        .arg(tiles)
        .launch(stream);
  }

  /// Bytes that the forward pass must move.
  public static double forwardBytes(DType type, long rows, int columns) {
    return (double) type.bytes() * rows * columns;
  }

  /// Bytes that the backward pass must move.
  public static double backwardBytes(DType type, long rows, int columns) {
    return 2.0 * type.bytes() * rows * columns;
  }
}
