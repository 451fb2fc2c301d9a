package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.AdamWKernel;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.Backend.AdamWStep;
import org.openjdk.jmh.annotations.Param;

/// A step of AdamW on 256 M weights.
public class AdamWKernelBench extends KernelBench {
  @Param({"bf16 with f32 master", "f32"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    long n = data.size(1 << 28, 3_000);
    boolean master = name.startsWith("bf16");
    DType gradient = master ? DType.BF16 : DType.F32;
    AdamWStep step = new AdamWStep(1e-5, 0.9, 0.999, 1e-8, 0.01, 1, 0.1, 0.001);
    AdamWKernel kernel = new AdamWKernel(data.context());
    long p = data.noise(DType.F32, n);
    long m = data.zeros(4 * n);
    long v = data.zeros(4 * n);
    long g = data.noise(gradient, n);
    double bytes = AdamWKernel.bytes(master ? DType.BF16 : DType.F32, master, gradient, n);
    if (!master) {
      return KernelWork.moving(bytes, () -> kernel.f32(gradient, p, m, v, g, step, 0, n));
    }
    long w = data.room(2 * n);
    return KernelWork.moving(bytes, () -> kernel.master(gradient, w, p, m, v, g, step, 0, n));
  }
}
