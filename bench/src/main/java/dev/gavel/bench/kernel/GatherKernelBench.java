package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.GatherKernel;
import dev.gavel.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/// Rows of an embedding of 128,256 tokens by 4,096: gathered, and gradients added to them.
public class GatherKernelBench extends KernelBench {
  @Param({"gather", "scatter-add"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int count = data.size(16_384, 20);
    int rows = data.size(128_256, 50);
    int stride = data.size(4_096, 64);
    GatherKernel kernel = new GatherKernel(data.context());
    long table = data.noise(DType.BF16, (long) rows * stride);
    long ids = data.ints(count, i -> (int) (i * 7_919L % rows));
    long x = data.noise(DType.BF16, (long) count * stride);
    if (name.equals("gather")) {
      return KernelWork.moving(
          GatherKernel.gatherBytes(DType.BF16, count, stride),
          () -> kernel.gather(DType.BF16, x, table, ids, count, stride));
    }
    long scratch = data.room(GatherKernel.scratchBytes(count));
    return KernelWork.moving(
        GatherKernel.scatterBytes(DType.BF16, count, stride),
        () -> kernel.scatterAdd(DType.BF16, table, x, ids, count, stride, scratch));
  }
}
