package dev.gavel.bench.gpu;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// What `gavel bench gpu` was asked for.
///
/// @param only the parts to measure
/// @param kernels which works of the kernels, by their names
/// @param python what starts PyTorch's side
record GpuOptions(
    Set<Part> only, Pattern kernels, Path folder, double limitSeconds, String python) {
  static final String USAGE =
      """
      Usage: gavel bench gpu [--only PARTS] [--kernels REGEX] [--limit_seconds N] [--python CMD] [--output_dir DIR]

      Measures whole models and the CUDA kernels, beside a copy of device memory and beside PyTorch where there is one, and
      writes a dated Markdown and JSON report, anew after each part.

        --only PARTS       of sft, decode, torch, kernels, large; default: all, in this order
        --kernels REGEX    works of the kernels whose names it matches (default: all), as 'RmsNorm|Attention.*128'
        --limit_seconds N  begins nothing that is not begun by then (default 600)
        --python CMD       a Python with torch and CUDA (default python3)
        --output_dir DIR   default: cuda-kernels/reports in a source tree, else the current folder
      """;

  /// Parts of a report, in order. `LARGE` is the 8B model's training.
  enum Part {
    SFT,
    DECODE,
    TORCH,
    KERNELS,
    LARGE
  }

  static final class Help extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  boolean wants(Part part) {
    return only.contains(part);
  }

  /// @throws IllegalArgumentException saying what is wrong
  static GpuOptions parse(List<String> words, Path home) {
    Set<Part> only = EnumSet.allOf(Part.class);
    Pattern kernels = Pattern.compile("");
    Path reports = home.resolve("cuda-kernels/reports");
    Path folder = reports.toFile().isDirectory() ? reports : Path.of("");
    double limit = 600;
    String python = "python3";
    for (int i = 0; i < words.size(); i += 2) {
      String value = i + 1 < words.size() ? words.get(i + 1) : "";
      switch (words.get(i)) {
        case "--only" -> only = parts(value);
        case "--kernels" -> kernels = pattern(value);
        case "--limit_seconds" -> limit = seconds(value);
        case "--python" -> python = value;
        case "--output_dir" -> folder = Path.of(value);
        case "--help", "-h" -> throw new Help();
        default -> throw new IllegalArgumentException("unknown option " + words.get(i));
      }
    }
    return new GpuOptions(only, kernels, folder, limit, python);
  }

  private static Set<Part> parts(String value) {
    Set<Part> parts = EnumSet.noneOf(Part.class);
    for (String word : value.split(",")) {
      try {
        parts.add(Part.valueOf(word.toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "--only: no part '" + word + "'; they are sft, decode, torch, kernels, large", e);
      }
    }
    return parts;
  }

  private static double seconds(String value) {
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("--limit_seconds: no number '" + value + "'", e);
    }
  }

  private static Pattern pattern(String value) {
    try {
      return Pattern.compile(value);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException("--kernels: " + e.getMessage(), e);
    }
  }
}
