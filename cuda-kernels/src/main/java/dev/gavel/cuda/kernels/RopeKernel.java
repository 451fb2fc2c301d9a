package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;

/// Rotary position embedding: `rope.cu`.
public final class RopeKernel {
  private final Stream stream;
  private final Typed rope;

  public RopeKernel(CudaContext context) {
    stream = context.stream();
    rope = new Typed(context, "rope", "rope");
  }

  /// Turns the pairs (i, i + D/2) of each head of x [tokens, heads, D] by the angle of its
  /// position.
  ///
  /// @param y may be x
  /// @param cos f32 [positions, D/2]
  /// @param positions i32 [tokens]
  /// @param inverse by the negative angle: the gradient
  public void run(
      DType type,
      long y,
      long x,
      long cos,
      long sin,
      long positions,
      int tokens,
      int heads,
      int headDim,
      boolean inverse) {
    if (headDim % 2 != 0) {
      throw new IllegalArgumentException("rope: heads of " + headDim + ", expected an even number");
    }
    rope.of(type)
        .grid(tokens)
        .block(Grid.threads(type, (long) heads * headDim, Grid.THREADS))
        .arg(y)
        .arg(x)
        .arg(cos)
        .arg(sin)
        .arg(positions)
        .arg(heads)
        .arg(headDim / 2)
        .arg(inverse ? -1f : 1f)
        .launch(stream);
  }

  /// Bytes that must move, without the tables, which all heads share.
  public static double bytes(DType type, long tokens, int heads, int headDim) {
    return 2.0 * type.bytes() * tokens * heads * headDim;
  }
}
