package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import org.jspecify.annotations.Nullable;

/// Elements in another type: `cast.cu`.
public final class CastKernel {
  private static final int TYPES = DType.values().length;

  /// Elements of a thread: four times four.
  private static final int EACH = 16;

  private final Stream stream;
  private final Modules modules;
  private final @Nullable Kernel[] known = new Kernel[TYPES * TYPES];

  public CastKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
  }

  /// y = x, to nearest, ties to even; f64 becomes bf16 by way of f32.
  ///
  /// @throws IllegalArgumentException for equal types, and where I32 is the target
  public void run(DType from, DType to, long y, long x, long n) {
    kernel(from, to)
        .grid(Grid.blocks(n, Grid.THREADS * EACH, Integer.MAX_VALUE))
        .block(Grid.THREADS)
        .arg(y)
        .arg(x)
        .arg(n)
        .launch(stream);
  }

  private Kernel kernel(DType from, DType to) {
    int at = from.ordinal() * TYPES + to.ordinal();
    Kernel k = known[at];
    if (k == null) {
      if (from == to || to == DType.I32) {
        throw new IllegalArgumentException("cast: no kernel from " + from + " to " + to);
      }
      k = modules.kernel("cast", "cast_" + Typed.name(from) + "_" + Typed.name(to));
      known[at] = k;
    }
    return k;
  }

  /// Bytes that must move.
  public static double bytes(DType from, DType to, long n) {
    return (double) (from.bytes() + to.bytes()) * n;
  }
}
