package dev.gavel.bench.gpu;

import dev.gavel.bench.kernel.DeviceData;
import dev.gavel.bench.kernel.KernelBench;
import dev.gavel.bench.kernel.KernelBenches;
import dev.gavel.bench.kernel.KernelWork;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.CudaFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// The rates of all kernels, and the copy of device memory that memory-bound ones are held against.
public final class KernelRates {
  private static final int COPY_BYTES = 1 << 30;
  private static final int COPY_BYTES_EMULATED = 1 << 16;

  private KernelRates() {}

  /// @param copy a device copy, counting what it reads and writes
  /// @param kernels in the order of [KernelBenches]
  /// @param skipped what could not be measured, with the reason
  public record Found(Rate copy, List<Rate> kernels, List<String> skipped) {}

  /// @param wanted which works, by their names
  /// @param budget works that it leaves no time for are skipped
  /// @param log gets a line for each
  static Found measure(CudaContext context, Pattern wanted, Budget budget, Consumer<String> log) {
    try (Meter meter = new Meter(context)) {
      Rate copy = copy(context, meter);
      log.accept(line(copy, copy));
      List<Rate> kernels = new ArrayList<>();
      List<String> skipped = new ArrayList<>();
      for (KernelBench bench : KernelBenches.all()) {
        for (String work : bench.works()) {
          String name = bench.name() + " " + work;
          if (wanted.matcher(name).find() && budget.isSpent()) {
            skipped.add(name + ": no time was left");
          } else if (wanted.matcher(name).find()) {
            one(context, meter, bench, work, name, kernels, skipped);
            log.accept(
                skipped.isEmpty() || !skipped.getLast().startsWith(name)
                    ? line(kernels.getLast(), copy)
                    : skipped.getLast());
          }
        }
      }
      return new Found(copy, List.copyOf(kernels), List.copyOf(skipped));
    }
  }

  private static void one(
      CudaContext context,
      Meter meter,
      KernelBench bench,
      String work,
      String name,
      List<Rate> kernels,
      List<String> skipped) {
    try (DeviceData data = new DeviceData(context)) {
      KernelWork made = bench.make(work, data);
      kernels.add(Rate.of(name, meter.measure(made.launch()), made));
      meter.finish();
    } catch (IllegalArgumentException | CudaFailure e) { // a version that this device does not have
      skipped.add(name + ": " + e.getMessage());
    }
  }

  static Rate copy(CudaContext context, Meter meter) {
    long bytes = context.name().startsWith("SIMT") ? COPY_BYTES_EMULATED : COPY_BYTES;
    long from = context.allocate(bytes);
    long to = context.allocate(bytes);
    try {
      double ms = meter.measure(() -> context.stream().copy(from, to, bytes));
      return new Rate("copy", ms, 2.0 * bytes, 0);
    } finally {
      context.free(from);
      context.free(to);
    }
  }

  private static String line(Rate r, Rate copy) {
    return r.flops() > 0
        ? "%-44s %9.3f ms %8.1f TFLOP/s".formatted(r.name(), r.milliseconds(), r.teraflops())
        : "%-44s %9.3f ms %8.0f GB/s  %3.0f %% of a copy"
            .formatted(
                r.name(), r.milliseconds(), r.gigabytes(), 100 * r.gigabytes() / copy.gigabytes());
  }
}
