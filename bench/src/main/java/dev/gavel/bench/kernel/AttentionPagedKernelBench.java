package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.AttentionShape;
import org.openjdk.jmh.annotations.Param;

/// Several new tokens of each sequence over its pages (AttentionPagedKernel): 32 heads on 8 of 128.
public class AttentionPagedKernelBench extends KernelBench {
  @Param({"8 prompts of 4096", "8 of 512 after 4096"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int tokens = data.size(4_096, 128);
    PagedCase c =
        name.startsWith("8 prompts")
            ? new PagedCase(data.size(8, 2), 0, tokens, tokens)
            : new PagedCase(data.size(8, 2), tokens, data.size(512, 64), data.size(512, 64));
    AttentionShape shape = PagedCase.shape(data);
    return KernelWork.computing(c.flops(shape), c.attend(shape, data));
  }
}
