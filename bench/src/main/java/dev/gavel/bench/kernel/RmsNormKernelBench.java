package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.RmsNormKernel;
import dev.gavel.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/// RMSNorm of rows of 4,096, and its gradients.
public class RmsNormKernelBench extends KernelBench {
  @Param({"forward", "backward"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int rows = data.size(16_384, 20);
    int dim = data.size(4_096, 256);
    RmsNormKernel kernel = new RmsNormKernel(data.context());
    long x = data.noise(DType.BF16, (long) rows * dim);
    long y = data.noise(DType.BF16, (long) rows * dim);
    long w = data.noise(DType.BF16, dim);
    long rstd = data.zeros(4L * rows);
    if (name.equals("forward")) {
      return KernelWork.moving(
          RmsNormKernel.forwardBytes(DType.BF16, rows, dim),
          () -> kernel.forward(DType.BF16, y, rstd, x, w, rows, dim, 1e-5));
    }
    long gx = data.zeros(2L * rows * dim);
    long gw = data.zeros(2L * dim);
    long scratch = data.room(RmsNormKernel.scratchBytes(DType.BF16, rows, dim));
    return KernelWork.moving(
        RmsNormKernel.backwardBytes(DType.BF16, rows, dim, true),
        () -> kernel.backward(DType.BF16, gx, true, gw, true, x, w, rstd, y, rows, dim, scratch));
  }
}
