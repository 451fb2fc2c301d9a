package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.AttentionShape;
import dev.gavel.cuda.kernels.KvLayer;
import dev.gavel.cuda.kernels.KvWriteKernel;
import dev.gavel.tensor.DType;
import org.openjdk.jmh.annotations.Param;

/// Keys and values of 65,536 tokens into their pages: 8 heads of 128.
public class KvWriteKernelBench extends KernelBench {
  @Param({"write"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int tokens = data.size(65_536, 128);
    AttentionShape shape = PagedCase.shape(data);
    KvLayer layer = new PagedCase(1, 0, tokens, tokens).layer(shape, data);
    long count = (long) tokens * shape.kvHeads() * shape.headSize();
    long k = data.noise(DType.BF16, count);
    long v = data.noise(DType.BF16, count);
    long slots = data.ints(tokens, t -> t);
    KvWriteKernel kernel = new KvWriteKernel(data.context());
    return KernelWork.moving(
        KvWriteKernel.bytes(DType.BF16, shape, tokens),
        () -> kernel.run(DType.BF16, shape, layer, k, v, slots, tokens));
  }
}
