package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;

/// The gated activation silu(gate) * up and its gradients: `swiglu.cu`.
public final class SwiGluKernel {
  /// Times 16 bytes of each input that a thread has in flight; as in the source.
  private static final int DEPTH = 2;

  private final Stream stream;
  private final Typed forward;
  private final Typed backward;

  public SwiGluKernel(CudaContext context) {
    stream = context.stream();
    forward = new Typed(context, "swiglu", "swiglu_forward");
    backward = new Typed(context, "swiglu", "swiglu_backward");
  }

  /// y = silu(gate) * up; y may be an input.
  public void forward(DType type, long y, long gate, long up, long n) {
    forward
        .of(type)
        .grid(Grid.stream(type, n, DEPTH))
        .block(Grid.THREADS)
        .arg(y)
        .arg(gate)
        .arg(up)
        .arg(n)
        .launch(stream);
  }

  /// Gradients, overwriting; ggate and gup may be inputs.
  public void backward(DType type, long ggate, long gup, long gate, long up, long gy, long n) {
    backward
        .of(type)
        .grid(Grid.stream(type, n, DEPTH))
        .block(Grid.THREADS)
        .arg(ggate)
        .arg(gup)
        .arg(gate)
        .arg(up)
        .arg(gy)
        .arg(n)
        .launch(stream);
  }

  /// Bytes that the forward pass must move.
  public static double forwardBytes(DType type, long n) {
    return 3.0 * type.bytes() * n;
  }

  /// Bytes that the backward pass must move.
  public static double backwardBytes(DType type, long n) {
    return 5.0 * type.bytes() * n;
  }
}
