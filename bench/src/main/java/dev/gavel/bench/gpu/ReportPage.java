package dev.gavel.bench.gpu;

import java.util.List;
import java.util.Locale;

/// The report for people.
final class ReportPage {
  /// Dense bf16 of an H100 or H200 by its data sheet; what use of the machine is a share of.
  static final double PEAK_TERAFLOPS = 989.4;

  private static final int PROFILE_ROWS = 25;

  private final ReportFile f;
  private final StringBuilder text = new StringBuilder();

  ReportPage(ReportFile f) {
    this.f = f;
  }

  String markdown() {
    line("# Gavel on %s", f.device);
    line("");
    line(
        "Made by `gavel bench gpu` on %s; nothing here was typed. Compute capability %d, %d multiprocessors.",
        f.date, f.capability, f.multiprocessors);
    line(
        "A copy of device memory moves %.0f GB/s, reads and writes counted; shares below are of that.",
        f.copy.gigabytes());
    f.notes.forEach(n -> line("\n**%s**", n));
    train();
    decode();
    torch();
    kernels();
    profiles();
    return text.toString();
  }

  private void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void train() {
    if (f.train.isEmpty()) {
      return;
    }
    line("\n## Fine-tuning\n");
    line(
        "A step: forward, loss, backward, norm, clipping, AdamW with f32 masters and moments; wall clock with a wait at its");
    line(
        "end, median after two warm steps. Use of the machine: the model's FLOPs over %.0f TFLOP/s.\n",
        PEAK_TERAFLOPS);
    line(
        "| model | ms | fastest to slowest | tokens/s | TFLOP/s | use | launches | us a launch, host | wait ms | device ms | GB |");
    line("|---|---|---|---|---|---|---|---|---|---|---|");
    for (StepRate r : f.train) {
      line(
          "| %s | %.1f | %.1f to %.1f | %,.0f | %.0f | %.0f %% |%s",
          r.name(),
          r.milliseconds(),
          r.fastest(),
          r.slowest(),
          r.tokensPerSecond(),
          r.teraflops(),
          100 * r.teraflops() / PEAK_TERAFLOPS,
          host(r));
    }
  }

  private static String host(StepRate r) {
    HostCost h = r.host();
    if (h == null) {
      return " | | | | |";
    }
    double device = r.profile().stream().mapToDouble(StepProfile.Kind::milliseconds).sum();
    return String.format(
        Locale.ROOT,
        " %,d | %.1f (driver %.1f) | %.2f | %.2f | %.1f |",
        h.launches(),
        h.microsecondsPerLaunch(),
        1e3 * h.driverMilliseconds() / Math.max(1, h.launches()),
        h.waitMilliseconds(),
        device,
        r.peakBytes() / 1e9);
  }

  private void decode() {
    if (f.decode.isEmpty()) {
      return;
    }
    line("\n## Decoding\n");
    line(
        "The next token of samples of one prompt, drawn on the device; wall clock of each step, median of 50 after 1,000. One");
    line("sample is greedy, several draw with top-p 0.95.\n");
    line(
        "| samples | ms | fastest to slowest | tokens/s | of one sample's | weights, of a copy | launches | us a launch, host | wait ms | device ms | GB |");
    line("|---|---|---|---|---|---|---|---|---|---|---|");
    StepRate one = f.decode.get(1);
    f.decode.forEach((n, r) ->
        line(
            "| %s | %.2f | %.2f to %.2f | %,.0f | %s | %.0f %% |%s",
            r.name(),
            r.milliseconds(),
            r.fastest(),
            r.slowest(),
            r.tokensPerSecond(),
            one == null ? "" : "%.1f".formatted(r.tokensPerSecond() / one.tokensPerSecond()),
            100 * r.gigabytes() / f.copy.gigabytes(),
            host(r)));
  }

  private void torch() {
    if (f.torch.isEmpty()) {
      return;
    }
    line("\n## Beside PyTorch\n");
    line(
        "`bench/peers/torch_gpu_peer.py`, eager, scaled_dot_product_attention, fused AdamW; same shapes, same run.\n");
    line("| work | PyTorch ms | tokens/s | Gavel's tokens/s over it |");
    line("|---|---|---|---|");
    for (TorchRates.Answer a : f.torch) {
      line("| %s | %.2f | %,.0f | %s |", a.what(), a.milliseconds(), a.tokensPerSecond(), ratio(a));
    }
  }

  /// Gavel's rate on the same work, over PyTorch's.
  private String ratio(TorchRates.Answer a) {
    double ours =
        a.samples() > 0
            ? f.decode.containsKey(a.samples()) ? f.decode.get(a.samples()).tokensPerSecond() : 0
            : f.train.stream()
                .filter(r -> r.name().startsWith(a.ourName()))
                .mapToDouble(StepRate::tokensPerSecond)
                .findFirst()
                .orElse(0);
    return ours == 0 ? "" : "%.2f".formatted(ours / a.tokensPerSecond());
  }

  private void kernels() {
    KernelRates.Found found = f.kernels;
    if (found == null) {
      return;
    }
    line("\n## Kernels\n");
    line(
        "Medians of five turns by CUDA events; bytes and FLOPs are what a kernel must move and compute, whatever it does.\n");
    line("| kernel | ms | GB/s | of a copy | TFLOP/s | bar |");
    line("|---|---|---|---|---|---|");
    found.kernels().forEach(r -> line("%s", row(r)));
    found.skipped().forEach(s -> line("\nNot measured: %s", s));
  }

  private String row(Rate r) {
    boolean memory = r.bytes() > 0;
    return String.format(
        Locale.ROOT,
        "| %s | %.3f | %s | %s | %s | %s |",
        r.name(),
        r.milliseconds(),
        memory ? "%.0f".formatted(r.gigabytes()) : "",
        memory ? "%.0f %%".formatted(100 * r.gigabytes() / f.copy.gigabytes()) : "",
        r.flops() > 0 ? "%.1f".formatted(r.teraflops()) : "",
        KernelBar.of(r, f.copy.gigabytes()));
  }

  private void profiles() {
    f.train.forEach(r -> profile("fine-tuning " + r.name(), r));
    f.decode.values().forEach(r -> profile("decoding " + r.name(), r));
  }

  private void profile(String what, StepRate r) {
    List<StepProfile.Kind> kinds = r.profile();
    if (kinds.isEmpty()) {
      return;
    }
    double all = kinds.stream().mapToDouble(StepProfile.Kind::milliseconds).sum();
    int launches = kinds.stream().mapToInt(StepProfile.Kind::launches).sum();
    line("\n## Where a step's time goes: %s\n", what);
    line("%,d launches, %.2f ms on the device by events around each.\n", launches, all);
    line("| launch | times | ms | us each | share |");
    line("|---|---|---|---|---|");
    for (StepProfile.Kind k : kinds.subList(0, Math.min(PROFILE_ROWS, kinds.size()))) {
      line(
          "| %s | %d | %.3f | %.1f | %.1f %% |",
          k.name(),
          k.launches(),
          k.milliseconds(),
          1e3 * k.milliseconds() / k.launches(),
          100 * k.milliseconds() / all);
    }
  }
}
