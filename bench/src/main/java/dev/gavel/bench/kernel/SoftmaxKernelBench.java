package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.SoftmaxKernel;
import dev.gavel.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/// Softmax of 2,048 rows of 128,256.
public class SoftmaxKernelBench extends KernelBench {
  @Param({"softmax"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int rows = data.size(2_048, 3);
    int columns = data.size(128_256, 1_000);
    SoftmaxKernel kernel = new SoftmaxKernel(data.context());
    long x = data.noise(DType.BF16, (long) rows * columns);
    long y = data.room(2L * rows * columns);
    return KernelWork.moving(
        SoftmaxKernel.bytes(DType.BF16, rows, columns),
        () -> kernel.run(DType.BF16, y, x, rows, columns, 0.7));
  }
}
