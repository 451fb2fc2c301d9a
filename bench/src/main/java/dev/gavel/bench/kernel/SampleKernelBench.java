package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.SampleKernel;
import dev.gavel.cuda.kernels.SampleKernel.Ask;
import dev.gavel.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import org.openjdk.jmh.annotations.Param;

/// Tokens drawn from 128 rows of 128,256 logits.
public class SampleKernelBench extends KernelBench {
  @Param({"greedy", "top-p", "top-k and top-p"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int rows = data.size(128, 3);
    int columns = data.size(128_256, 1_000);
    Ask ask =
        switch (name) {
          case "greedy" -> new Ask(0, 0, 0, 1, 0);
          case "top-p" -> new Ask(0.3, 0.8, 0, 0.95, 0);
          default -> new Ask(0.3, 0.8, 50, 0.95, 0);
        };
    List<Ask> asks = Collections.nCopies(rows, ask);
    SampleKernel kernel = new SampleKernel(data.context());
    long logits = data.noise(DType.BF16, (long) rows * columns);
    long ids = data.room(4L * rows);
    long logprobs = data.room(4L * rows);
    long given = data.room((long) SampleKernel.ASK_BYTES * rows);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment words = arena.allocate((long) SampleKernel.ASK_BYTES * rows, 16);
      SampleKernel.write(asks, words);
      data.context().upload(words, given);
    }
    long scratch = data.room(SampleKernel.scratchBytes(rows, columns));
    return KernelWork.moving(
        SampleKernel.bytes(DType.BF16, rows, columns),
        () -> kernel.run(DType.BF16, ids, logprobs, logits, columns, asks, given, scratch));
  }
}
