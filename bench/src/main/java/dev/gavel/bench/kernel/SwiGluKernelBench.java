package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.SwiGluKernel;
import dev.gavel.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/// SwiGLU of 8,192 tokens of 14,336, and its gradients.
public class SwiGluKernelBench extends KernelBench {
  @Param({"forward", "backward"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    long n = data.size(8_192, 10) * (long) data.size(14_336, 100);
    SwiGluKernel kernel = new SwiGluKernel(data.context());
    long gate = data.noise(DType.BF16, n);
    long up = data.noise(DType.BF16, n);
    long y = data.noise(DType.BF16, n);
    if (name.equals("forward")) {
      return KernelWork.moving(
          SwiGluKernel.forwardBytes(DType.BF16, n),
          () -> kernel.forward(DType.BF16, y, gate, up, n));
    }
    long gateGradient = data.room(2 * n);
    long upGradient = data.room(2 * n);
    return KernelWork.moving(
        SwiGluKernel.backwardBytes(DType.BF16, n),
        () -> kernel.backward(DType.BF16, gateGradient, upGradient, gate, up, y, n));
  }
}
