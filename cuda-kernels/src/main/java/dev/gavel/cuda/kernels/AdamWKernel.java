package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.Backend.AdamWStep;

/// One step of AdamW: `adamw.cu`. Moments are f32; gradients F32 or BF16.
public final class AdamWKernel {
  /// Elements of a thread: twice four.
  private static final int EACH = 8;

  private final Stream stream;
  private final Typed f32;
  private final Typed master;
  private final Typed bf16;

  public AdamWKernel(CudaContext context) {
    stream = context.stream();
    f32 = new Typed(context, "adamw", "adamw_f32");
    master = new Typed(context, "adamw", "adamw_master");
    bf16 = new Typed(context, "adamw", "adamw_bf16");
  }

  /// A step on f32 weights.
  ///
  /// @param gradient type of g
  /// @param factor address of one f32 by which the gradient is multiplied besides `step.gradScale`
  ///   (what [ReduceKernel#clip] writes), or 0
  public void f32(
      DType gradient, long p, long m, long v, long g, AdamWStep step, long factor, long n) {
    finish(start(f32, gradient, n).arg(p), m, v, g, step, factor, n);
  }

  /// A step on f32 master weights `p`; the bf16 weights `w` get them rounded.
  public void master(
      DType gradient, long w, long p, long m, long v, long g, AdamWStep step, long factor, long n) {
    finish(start(master, gradient, n).arg(w).arg(p), m, v, g, step, factor, n);
  }

  /// A step on bf16 weights that have no master: what is less than half of the last place is lost.
  public void bf16(
      DType gradient, long p, long m, long v, long g, AdamWStep step, long factor, long n) {
    finish(start(bf16, gradient, n).arg(p), m, v, g, step, factor, n);
  }

  private static Kernel start(Typed kernel, DType gradient, long n) {
    return kernel
        .of(gradient)
        .grid(Grid.blocks(n, Grid.THREADS * EACH, Integer.MAX_VALUE))
        .block(Grid.THREADS);
  }

  private void finish(Kernel k, long m, long v, long g, AdamWStep s, long factor, long n) {
    k.arg(m)
        .arg(v)
        .arg(g)
        .arg((float) s.beta1())
        .arg((float) (1 - s.beta1()))
        .arg((float) s.beta2())
        .arg((float) (1 - s.beta2()))
        .arg((float) (1 - s.learningRate() * s.weightDecay()))
        .arg((float) (s.learningRate() / s.correction1()))
        .arg((float) (1 / Math.sqrt(s.correction2())))
        .arg((float) s.eps())
        .arg((float) s.gradScale())
        .arg(factor)
        .arg(n)
        .launch(stream);
  }

  /// Bytes that a step must move: both moments and the weights (in f32 with a bf16 copy, or in one
  /// type) are read and written, the copy is written, the gradient is read.
  public static double bytes(DType weights, boolean hasMaster, DType gradient, long n) {
    double parameter = hasMaster ? 2.0 * Float.BYTES + weights.bytes() : 2.0 * weights.bytes();
    return n * (4.0 * Float.BYTES + parameter + gradient.bytes());
  }
}
