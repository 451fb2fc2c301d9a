package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.LogProbKernel;
import dev.gavel.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/// Log-probabilities of targets under 4,096 rows of 128,256 logits, and their gradient.
public class LogProbKernelBench extends KernelBench {
  @Param({"forward", "backward"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int rows = data.size(4_096, 3);
    int columns = data.size(128_256, 1_000);
    LogProbKernel kernel = new LogProbKernel(data.context());
    long z = data.noise(DType.BF16, (long) rows * columns);
    long targets = data.ints(rows, r -> r * 31 % columns);
    long y = data.zeros(4L * rows);
    long stats = data.zeros(12L * rows);
    if (name.equals("forward")) {
      return KernelWork.moving(
          LogProbKernel.forwardBytes(DType.BF16, rows, columns),
          () -> kernel.forward(DType.BF16, y, stats, z, targets, rows, columns));
    }
    long gz = data.room(2L * rows * columns);
    long gy = data.noise(DType.F32, rows);
    return KernelWork.moving(
        LogProbKernel.backwardBytes(DType.BF16, rows, columns),
        () -> kernel.backward(DType.BF16, gz, z, targets, stats, gy, rows, columns));
  }
}
