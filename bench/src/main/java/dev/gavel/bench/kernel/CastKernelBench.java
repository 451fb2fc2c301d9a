package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.CastKernel;
import dev.gavel.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/// Conversion of 256 M numbers.
public class CastKernelBench extends KernelBench {
  @Param({"f32 to bf16", "bf16 to f32"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    long n = data.size(1 << 28, 3_000);
    DType from = name.startsWith("f32") ? DType.F32 : DType.BF16;
    DType to = name.startsWith("f32") ? DType.BF16 : DType.F32;
    CastKernel kernel = new CastKernel(data.context());
    long x = data.noise(from, n);
    long y = data.room(n * to.bytes());
    return KernelWork.moving(CastKernel.bytes(from, to, n), () -> kernel.run(from, to, y, x, n));
  }
}
