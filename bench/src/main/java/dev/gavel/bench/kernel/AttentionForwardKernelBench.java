package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.AttentionForwardKernel;
import dev.gavel.cuda.kernels.AttentionForwardKernel.Buffers;
import dev.gavel.cuda.kernels.AttentionForwardKernel.Version;
import dev.gavel.cuda.kernels.AttentionShape;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import org.openjdk.jmh.annotations.Param;

/// Causal attention of 8 sequences of 4,096 tokens, 32 heads on 8, by each version that the device
/// has.
public class AttentionForwardKernelBench extends KernelBench {
  @Param({"head 64 WGMMA", "head 64 MMA", "head 128 WGMMA", "head 128 MMA", "head 128 PLAIN"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    AttentionCase c = AttentionCase.of(name, data);
    Version version = Version.valueOf(c.version());
    AttentionShape shape = c.shape();
    Ragged batch = c.batch(version == Version.PLAIN);
    AttentionForwardKernel kernel = new AttentionForwardKernel(data.context());
    AttentionForwardKernel.Plan plan = kernel.plan(version, DType.BF16, batch);
    long words = data.ints(plan.words());
    Buffers b =
        new Buffers(
            c.queries(batch), c.keys(batch), c.keys(batch), c.queries(batch), c.perHead(batch));
    return KernelWork.computing(
        AttentionForwardKernel.flops(shape, batch), () -> kernel.run(plan, shape, b, words));
  }
}
