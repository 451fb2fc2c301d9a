package dev.gavel.bench.gpu;

import dev.gavel.cuda.CudaProvider;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.spi.Probe;

/// The GPU report.
public final class GpuReport {
  private GpuReport() {}

  public static void main(String[] args) {
    Probe probe = new CudaProvider().probe();
    System.out.println(probe);
    if (probe instanceof Probe.Usable) {
      try (CudaContext context = CudaContext.open(0)) {
        new DeviceLimits(context, System.out).print();
      }
    }
  }
}
