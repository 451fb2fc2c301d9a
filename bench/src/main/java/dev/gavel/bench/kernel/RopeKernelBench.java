package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.RopeKernel;
import dev.gavel.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/// Rotary positions of 16,384 tokens, 32 heads of 128.
public class RopeKernelBench extends KernelBench {
  @Param({"forward", "inverse"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int tokens = data.size(16_384, 10);
    int heads = data.size(32, 2);
    int positions = data.size(4_096, 10);
    RopeKernel kernel = new RopeKernel(data.context());
    long x = data.noise(DType.BF16, (long) tokens * heads * 128);
    long y = data.room(2L * tokens * heads * 128);
    long cos = data.noise(DType.F32, positions * 64L);
    long sin = data.noise(DType.F32, positions * 64L);
    long at = data.ints(tokens, t -> t % positions);
    return KernelWork.moving(
        RopeKernel.bytes(DType.BF16, tokens, heads, 128),
        () ->
            kernel.run(DType.BF16, y, x, cos, sin, at, tokens, heads, 128, name.equals("inverse")));
  }
}
