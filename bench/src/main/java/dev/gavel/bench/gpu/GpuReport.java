package dev.gavel.bench.gpu;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `gavel bench gpu`: rates of the kernels on this machine's CUDA device, as a dated report.
public final class GpuReport {
  private static final String USAGE =
      """
      Usage: gavel bench gpu [--only REGEX] [--output_dir DIR]

      Measures the CUDA kernels by the device's own clock, beside a copy of device memory, and writes a dated
      Markdown and JSON report.

        --only REGEX       works whose names it matches (default: all), as 'RmsNorm|Attention.*128'
        --output_dir DIR   default: cuda-kernels/reports
      """;

  private GpuReport() {}

  /// @param words of the command line after `gpu`
  /// @param home the source tree, or an archive of the same shape
  /// @return the exit code: 0 done, 1 the device cannot be used, 2 wrong usage
  public static int run(List<String> words, Path home) throws IOException {
    Pattern wanted = Pattern.compile("");
    Path folder = home.resolve("cuda-kernels/reports");
    try {
      for (int i = 0; i < words.size(); i += 2) {
        String value = i + 1 < words.size() ? words.get(i + 1) : "";
        switch (words.get(i)) {
          case "--only" -> wanted = Pattern.compile(value);
          case "--output_dir" -> folder = Path.of(value);
          case "--help", "-h" -> {
            System.out.print(USAGE);
            return 0;
          }
          default -> throw new IllegalArgumentException("unknown option " + words.get(i));
        }
      }
    } catch (PatternSyntaxException e) {
      return wrong("--only: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      return wrong(String.valueOf(e.getMessage()));
    }
    return measure(wanted, folder);
  }

  private static int wrong(String what) {
    System.err.println("gavel bench gpu: " + what);
    System.err.print(USAGE);
    return 2;
  }

  private static int measure(Pattern wanted, Path folder) throws IOException {
    CudaContext context;
    try {
      context = CudaContext.open(0);
    } catch (IllegalStateException e) {
      System.err.println("gavel bench gpu: " + e.getMessage());
      return 1;
    }
    try (context) {
      System.err.printf(
          "%s, compute capability %d, %d multiprocessors%n",
          context.name(), context.capability(), context.multiprocessors());
      KernelRates.Found found = KernelRates.measure(context, wanted, System.err::println);
      String stem =
          LocalDate.now() + "-" + context.name().toLowerCase(Locale.ROOT).replaceAll("\\W+", "-");
      Files.createDirectories(folder);
      AtomicFiles.writeString(folder.resolve(stem + ".md"), markdown(context, found));
      AtomicFiles.writeString(folder.resolve(stem + ".json"), json(context, found));
      System.err.println(folder.resolve(stem + ".md"));
    }
    return 0;
  }

  private static String markdown(CudaContext context, KernelRates.Found found) {
    StringBuilder text = new StringBuilder();
    text.append("# Kernels on ").append(context.name()).append("\n\n");
    text.append(
        "Made by `gavel bench gpu` on %s; nothing here was typed. Compute capability %d, %d multiprocessors. Medians of five\n"
            .formatted(LocalDate.now(), context.capability(), context.multiprocessors()));
    text.append(
        "turns by CUDA events; bytes and FLOPs are what a kernel must move and compute, whatever it does.\n\n");
    text.append("| kernel | ms | GB/s | of a copy | TFLOP/s |\n|---|---|---|---|---|\n");
    row(text, found.copy(), found.copy());
    found.kernels().forEach(r -> row(text, r, found.copy()));
    found.skipped().forEach(s -> text.append("\nNot measured: ").append(s).append('\n'));
    return text.toString();
  }

  private static void row(StringBuilder text, Rate r, Rate copy) {
    boolean memory = r.bytes() > 0;
    text.append(
        String.format(
            Locale.ROOT,
            "| %s | %.3f | %s | %s | %s |%n",
            r.name(),
            r.milliseconds(),
            memory ? "%.0f".formatted(r.gigabytes()) : "",
            memory ? "%.0f %%".formatted(100 * r.gigabytes() / copy.gigabytes()) : "",
            r.flops() > 0 ? "%.1f".formatted(r.teraflops()) : ""));
  }

  private static String json(CudaContext context, KernelRates.Found found) {
    ObjectNode root = Json.mapper().createObjectNode();
    root.put("date", LocalDate.now().toString()).put("device", context.name());
    root.put("compute_capability", context.capability());
    root.put("multiprocessors", context.multiprocessors());
    root.put("copy_gb_per_s", found.copy().gigabytes());
    ArrayNode kernels = root.putArray("kernels");
    for (Rate r : found.kernels()) {
      kernels
          .addObject()
          .put("name", r.name())
          .put("milliseconds", r.milliseconds())
          .put("bytes", r.bytes())
          .put("flops", r.flops());
    }
    found.skipped().forEach(root.putArray("skipped")::add);
    return Json.writePretty(root) + "\n";
  }
}
