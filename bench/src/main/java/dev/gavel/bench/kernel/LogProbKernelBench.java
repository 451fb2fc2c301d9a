package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.LogProbKernel;
import dev.gavel.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/// Log-probabilities of targets under 4,096 rows of 128,256 logits in f32, and their gradient in
/// bf16.
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
    long z = data.noise(DType.F32, (long) rows * columns);
    long targets = data.ints(rows, r -> r * 31 % columns);
    long y = data.zeros(4L * rows);
    long stats = data.zeros(12L * rows);
    if (name.equals("forward")) {
      return KernelWork.moving(
          LogProbKernel.forwardBytes(DType.F32, rows, columns),
          () -> kernel.forward(DType.F32, y, stats, z, targets, rows, columns));
    }
    long gz = data.room(2L * rows * columns);
    long gy = data.noise(DType.F32, rows);
    return KernelWork.moving(
        LogProbKernel.backwardBytes(DType.BF16, rows, columns),
        () -> kernel.backward(DType.BF16, gz, z, targets, 0, stats, gy, rows, columns));
  }
}
