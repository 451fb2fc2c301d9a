package dev.gavel.cuda;

import static dev.gavel.cuda.DeviceBuffer.address;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.kernels.GatherKernel;
import dev.gavel.cuda.kernels.SampleKernel;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Backend.TokenAsk;
import dev.gavel.tensor.spi.Backend.TokenChoice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Draws tokens on the device; eight bytes of each draw come to the host.
final class Sample {
  private final CudaContext context;
  private final DeviceMemory memory;
  private final SampleKernel kernel;
  private final GatherKernel gather;

  Sample(CudaContext context, DeviceMemory memory) {
    this.context = context;
    this.memory = memory;
    kernel = new SampleKernel(context);
    gather = new GatherKernel(context);
  }

  TokenChoice[] choose(Tensor logits, List<TokenAsk> asks) {
    if (asks.isEmpty()) {
      return new TokenChoice[0];
    }
    DeviceBuffer copies = inOrder(logits, asks) ? null : copies(logits, asks);
    TokenChoice[] choices = draw(logits, copies == null ? address(logits) : copies.address(), asks);
    if (copies != null) {
      memory.free(copies);
    }
    return choices;
  }

  /// Whether draw i asks for row i.
  private static boolean inOrder(Tensor logits, List<TokenAsk> asks) {
    for (int i = 0; i < asks.size(); i++) {
      if (asks.get(i).row() != i) {
        return false;
      }
    }
    return asks.size() <= logits.shape().rows();
  }

  /// The rows that are asked for, one after the other.
  private DeviceBuffer copies(Tensor logits, List<TokenAsk> asks) {
    int n = asks.size();
    long v = logits.shape().last();
    DeviceBuffer copies = memory.allocate(n * v * logits.dtype().bytes());
    DeviceBuffer rows = memory.allocate(4L * n);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(ValueLayout.JAVA_INT, n);
      for (int i = 0; i < n; i++) {
        host.setAtIndex(ValueLayout.JAVA_INT, i, asks.get(i).row());
      }
      context.upload(host, rows.address());
    }
    gather.gather(logits.dtype(), copies.address(), address(logits), rows.address(), n, v);
    memory.free(rows);
    return copies;
  }

  private TokenChoice[] draw(Tensor logits, long rows, List<TokenAsk> asks) {
    int n = asks.size();
    int v = (int) logits.shape().last();
    DType type = logits.dtype();
    List<SampleKernel.Ask> kernelAsks = asks.stream().map(Sample::ask).toList();
    DeviceBuffer results = memory.allocate(8L * n);
    DeviceBuffer onDevice = memory.allocate((long) SampleKernel.ASK_BYTES * n);
    DeviceBuffer scratch = memory.allocate(SampleKernel.scratchBytes(n, v));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate((long) SampleKernel.ASK_BYTES * n, 8);
      SampleKernel.write(kernelAsks, host);
      context.upload(host, onDevice.address());
      long logprobs = results.address() + 4L * n;
      kernel.run(
          type,
          results.address(),
          logprobs,
          rows,
          v,
          kernelAsks,
          onDevice.address(),
          scratch.address());
      MemorySegment found = arena.allocate(8L * n, 8);
      context.download(results.address(), found);
      return choices(found, n);
    } finally {
      memory.free(scratch);
      memory.free(onDevice);
      memory.free(results);
    }
  }

  private static SampleKernel.Ask ask(TokenAsk a) {
    return new SampleKernel.Ask(a.u(), a.temperature(), a.topK(), a.topP(), a.minP());
  }

  private static TokenChoice[] choices(MemorySegment found, int n) {
    TokenChoice[] choices = new TokenChoice[n];
    for (int i = 0; i < n; i++) {
      int id = found.getAtIndex(ValueLayout.JAVA_INT, i);
      float logprob = found.getAtIndex(ValueLayout.JAVA_FLOAT, n + i);
      choices[i] = new TokenChoice(id, logprob);
    }
    return choices;
  }
}
