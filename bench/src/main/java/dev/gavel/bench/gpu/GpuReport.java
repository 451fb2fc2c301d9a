package dev.gavel.bench.gpu;

import dev.gavel.bench.gpu.GpuOptions.Part;
import dev.gavel.cuda.CudaBackend;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// `gavel bench gpu`: whole models and kernels on this machine's CUDA device, as a dated report.
public final class GpuReport {
  private final GpuOptions options;
  private final Path home;
  private final ReportFile file;
  private final Budget budget;
  private final boolean emulated;
  private final double copyRate;

  private GpuReport(
      GpuOptions options, Path home, ReportFile file, boolean emulated, double copyRate) {
    this.options = options;
    this.home = home;
    this.file = file;
    this.budget = new Budget(options.limitSeconds());
    this.emulated = emulated;
    this.copyRate = copyRate;
  }

  /// @param words of the command line after `gpu`
  /// @param home the source tree, or an archive of the same shape
  /// @return the exit code: 0 done, 1 the device cannot be used or a part failed, 2 wrong usage
  public static int run(List<String> words, Path home) throws IOException {
    GpuOptions options;
    try {
      options = GpuOptions.parse(words, home);
    } catch (GpuOptions.Help e) {
      System.out.print(GpuOptions.USAGE);
      return 0;
    } catch (IllegalArgumentException e) {
      System.err.println("gavel bench gpu: " + e.getMessage());
      System.err.print(GpuOptions.USAGE);
      return 2;
    }
    GpuReport report;
    try (Device device = open()) {
      report = begin(options, home, context(device));
    } catch (IllegalArgumentException | IllegalStateException e) {
      System.err.println("gavel bench gpu: " + e.getMessage());
      return 1;
    }
    return report.measure() ? 0 : 1;
  }

  private static GpuReport begin(GpuOptions options, Path home, CudaContext context)
      throws IOException {
    ReportFile file = new ReportFile(context, options.folder());
    try (Meter meter = new Meter(context)) {
      Rate copy = KernelRates.copy(context, meter);
      file.copy(copy);
      System.err.printf("%s: a copy moves %.0f GB/s%n", context.name(), copy.gigabytes());
      boolean emulated = context.name().startsWith("SIMT");
      return new GpuReport(options, home, file, emulated, copy.gigabytes());
    }
  }

  /// The device, for one part: what a part leaves in its memory goes with it.
  static Device open() {
    return Device.over(new CudaBackend(CudaContext.open(0)), DType.BF16);
  }

  static CudaContext context(Device device) {
    return ((CudaBackend) device.backend()).context();
  }

  private interface Measured {
    void run() throws IOException;
  }

  /// @return whether all went well
  private boolean measure() throws IOException {
    TrainRates train = new TrainRates(file, budget, emulated);
    DecodeRates decode = new DecodeRates(file, budget, emulated, copyRate);
    TorchRates torch = new TorchRates(file, budget, options.python(), home, emulated);
    boolean good = part(Part.SFT, train::small);
    good &= part(Part.DECODE, decode::measure);
    good &= part(Part.TORCH, torch::small);
    good &= part(Part.KERNELS, this::kernels);
    good &= part(Part.LARGE, train::large);
    if (options.wants(Part.TORCH)) {
      good &= part(Part.LARGE, torch::large);
    }
    System.err.println(file.markdownPath());
    return good;
  }

  /// One that fails is told in the report, and the others go on.
  private boolean part(Part part, Measured work) throws IOException {
    if (!options.wants(part)) {
      return true;
    }
    boolean good = true;
    if (budget.isSpent()) {
      file.note(part + " was not begun: --limit_seconds " + options.limitSeconds() + " were over");
    } else {
      try {
        work.run();
      } catch (IOException | RuntimeException e) {
        e.printStackTrace();
        file.note(part + " failed: " + e);
        good = false;
      }
    }
    file.write();
    return good;
  }

  private void kernels() throws IOException {
    try (Device device = open()) {
      KernelRates.Found found =
          KernelRates.measure(context(device), options.kernels(), budget, System.err::println);
      file.kernels(found);
    }
  }
}
