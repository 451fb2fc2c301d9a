package dev.gavel.bench.kernel;

import java.util.List;

/// The benches of CUDA kernels, in the order of reports.
public final class KernelBenches {
  private KernelBenches() {}

  public static List<KernelBench> all() {
    return List.of(
        new RmsNormKernelBench(),
        new RopeKernelBench(),
        new SwiGluKernelBench(),
        new GatherKernelBench(),
        new FewRowsKernelBench(),
        new LogProbKernelBench(),
        new SoftmaxKernelBench(),
        new SampleKernelBench(),
        new AdamWKernelBench(),
        new ReduceKernelBench(),
        new ElementwiseKernelBench(),
        new CastKernelBench(),
        new KvWriteKernelBench(),
        new AttentionForwardKernelBench(),
        new AttentionBackwardKernelBench(),
        new AttentionPagedKernelBench(),
        new AttentionDecodeKernelBench());
  }
}
