package dev.gavel.bench.gpu;

import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.model.SftStep;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.Device;
import java.io.IOException;
import java.util.List;

/// Steps of supervised fine-tuning: bf16 weights, activations and gradients, AdamW on f32 masters
/// with f32 moments, clipping, and the loss read in each step, as the recipe does it.
final class TrainRates {
  private static final int WARM = 2;
  private static final int STEPS = 7;
  private static final int STEPS_LARGE = 3;

  private final ReportFile file;
  private final Budget budget;
  private final boolean emulated;

  TrainRates(ReportFile file, Budget budget, boolean emulated) {
    this.file = file;
    this.budget = budget;
    this.emulated = emulated;
  }

  /// The batches of the 1B model.
  static List<ModelShape> small(boolean emulated) {
    if (emulated) {
      return List.of(tiny());
    }
    ModelShape shape = ModelShape.named("1b");
    return List.of(shape.with(4, 1024), shape.with(2, 2048));
  }

  /// 4,096 tokens of the 8B model.
  static ModelShape large(boolean emulated) {
    return emulated ? tiny() : ModelShape.named("8b").with(2, 2048);
  }

  /// For the emulator, which shows only that it runs.
  static ModelShape tiny() {
    return new ModelShape("tiny", 64, 1, 2, 1, 64, 96, 320, 1e4, true, 2, 9);
  }

  void small() throws IOException {
    for (ModelShape shape : small(emulated)) {
      if (!budget.isSpent()) {
        file.train(one(shape, false, emulated ? 1 : STEPS));
      }
    }
  }

  void large() throws IOException {
    file.train(one(large(emulated), true, emulated ? 1 : STEPS_LARGE));
  }

  /// @return the rate, with a profile of one more step
  private StepRate one(ModelShape shape, boolean checkpointing, int steps) throws IOException {
    long start = System.nanoTime();
    int threads = Runtime.getRuntime().availableProcessors();
    try (Device device = GpuReport.open();
        SftStep step = SftStep.fast(device, shape, checkpointing, threads)) {
      CudaContext context = GpuReport.context(device);
      context.stream().synchronize();
      double made = (System.nanoTime() - start) / 1e9;
      StepRate.Work work =
          new StepRate.Work(
              (double) shape.rows() * shape.tokens(), shape.stepFlops(), 2.0 * shape.parameters());
      String name =
          "%s, %d x %,d tokens%s"
              .formatted(
                  shape.name(),
                  shape.rows(),
                  shape.tokens(),
                  checkpointing ? ", activation checkpointing" : "");
      StepRate rate =
          StepRate.measure(name, context, work, emulated ? 1 : WARM, steps, () -> {}, step::run);
      HostCost host = HostCost.of(context, step::run);
      List<StepProfile.Kind> kinds =
          StepProfile.of(context, !emulated && !checkpointing, step::run);
      rate = rate.with(host, kinds, device.backend().memory());
      System.err.printf(
          "sft %s: %.1f ms, %,.0f tokens/s, %.0f TFLOP/s; model made in %.1f s%n",
          name, rate.milliseconds(), rate.tokensPerSecond(), rate.teraflops(), made);
      return rate;
    }
  }
}
