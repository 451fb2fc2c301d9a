package dev.gavel.bench.gpu;

import dev.gavel.bench.model.Decoding;
import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.model.RestModel;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.Device;
import java.io.IOException;
import java.util.List;

/// Steps of the generation engine: the next token of samples of one prompt, drawn on the device.
final class DecodeRates {
  private static final int PROMPT = 500;

  /// So many that the Java of a step is compiled and its graphs are there, as in any longer run.
  private static final int WARM = 1000;

  private static final int STEPS = 50;

  private final ReportFile file;
  private final Budget budget;
  private final boolean emulated;
  private final double copyRate;

  /// @param copyRate GB/s that a copy moves
  DecodeRates(ReportFile file, Budget budget, boolean emulated, double copyRate) {
    this.file = file;
    this.budget = budget;
    this.emulated = emulated;
    this.copyRate = copyRate;
  }

  static List<Integer> samples(boolean emulated) {
    return emulated ? List.of(1, 3) : List.of(1, 8, 32, 128);
  }

  static int prompt(boolean emulated) {
    return emulated ? 20 : PROMPT;
  }

  void measure() throws IOException {
    ModelShape shape = emulated ? TrainRates.tiny() : ModelShape.named("1b");
    int threads = Runtime.getRuntime().availableProcessors();
    try (Device device = GpuReport.open();
        RestModel model = RestModel.of(device, shape, threads)) {
      for (int samples : samples(emulated)) {
        if (!budget.isSpent()) {
          one(device, model, shape, samples);
        }
      }
    }
  }

  private void one(Device device, RestModel model, ModelShape shape, int samples) {
    CudaContext context = GpuReport.context(device);
    String name =
        "%s, %d sample%s of %d tokens"
            .formatted(shape.name(), samples, samples == 1 ? "" : "s", prompt(emulated));
    StepRate.Work work =
        new StepRate.Work(samples, 2.0 * shape.parameters() * samples, 2.0 * shape.parameters());
    try (Decoding d = new Decoding(model, shape.text(0, prompt(emulated)), samples)) {
      StepRate rate =
          StepRate.measure(
              name, context, work, emulated ? 1 : WARM, emulated ? 2 : STEPS, d::prepare, d::step);
      d.prepare();
      HostCost host = HostCost.of(context, d::step);
      d.prepare();
      List<StepProfile.Kind> kinds = StepProfile.of(context, !emulated, d::step);
      rate = rate.with(host, kinds, device.backend().memory());
      System.err.printf(
          "decode %s: %.2f ms, %,.0f tokens/s, weights at %.0f %% of a copy%n",
          name, rate.milliseconds(), rate.tokensPerSecond(), 100 * rate.gigabytes() / copyRate);
      file.decode(samples, rate);
    }
  }
}
