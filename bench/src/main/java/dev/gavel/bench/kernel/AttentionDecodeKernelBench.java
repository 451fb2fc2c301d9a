package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.AttentionShape;
import org.openjdk.jmh.annotations.Param;

/// One new token of each sequence over its pages (AttentionDecodeKernel): 32 heads on 8 of 128.
public class AttentionDecodeKernelBench extends KernelBench {
  @Param({"1 of 16384", "64 of 8192 + 2048", "32 of 2048 shared", "128 of 1024 + 256"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    PagedCase c =
        switch (name) {
          case "1 of 16384" -> new PagedCase(1, 0, data.size(16_384, 128), 1);
          case "64 of 8192 + 2048" ->
              new PagedCase(data.size(64, 3), data.size(8_192, 128), data.size(2_048, 64), 1);
          case "32 of 2048 shared" -> new PagedCase(data.size(32, 5), data.size(2_048, 192), 64, 1);
          default -> new PagedCase(data.size(128, 9), data.size(1_024, 64), data.size(256, 64), 1);
        };
    AttentionShape shape = PagedCase.shape(data);
    return KernelWork.moving(c.bytes(shape), c.attend(shape, data));
  }
}
