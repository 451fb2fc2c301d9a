package dev.gavel.bench.gpu;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.spi.Backend.MemoryUse;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What came of the repetition of one step.
///
/// @param milliseconds median, each step with a wait for the device at its end
/// @param tokens of a step
/// @param flops of a step, or 0
/// @param bytes of weights that a step reads, or 0
/// @param profile empty where none was made
record StepRate(
    String name,
    double milliseconds,
    double fastest,
    double slowest,
    int steps,
    double tokens,
    double flops,
    double bytes,
    @Nullable HostCost host,
    List<StepProfile.Kind> profile,
    long peakBytes) {
  /// What a step is.
  record Work(double tokens, double flops, double bytes) {}

  /// Runs a step some times and takes the wall clock around each.
  ///
  /// @param prepare before each, outside of the time
  static StepRate measure(
      String name,
      CudaContext context,
      Work work,
      int warm,
      int steps,
      Runnable prepare,
      Runnable step) {
    for (int i = 0; i < warm; i++) {
      prepare.run();
      step.run();
    }
    double[] ms = new double[steps];
    for (int i = 0; i < steps; i++) {
      prepare.run();
      context.stream().synchronize();
      long start = System.nanoTime();
      step.run();
      context.stream().synchronize();
      ms[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(ms);
    return new StepRate(
        name,
        ms[steps / 2],
        ms[0],
        ms[steps - 1],
        steps,
        work.tokens,
        work.flops,
        work.bytes,
        null,
        List.of(),
        0);
  }

  StepRate with(HostCost cost, List<StepProfile.Kind> kinds, MemoryUse memory) {
    return new StepRate(
        name,
        milliseconds,
        fastest,
        slowest,
        steps,
        tokens,
        flops,
        bytes,
        cost,
        kinds,
        memory.peak());
  }

  double tokensPerSecond() {
    return 1e3 * tokens / milliseconds;
  }

  double teraflops() {
    return flops / milliseconds / 1e9;
  }

  /// GB of weights a second.
  double gigabytes() {
    return bytes / milliseconds / 1e6;
  }
}
