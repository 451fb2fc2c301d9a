package dev.gavel.train.inspect;

import dev.gavel.train.config.Opt;
import dev.gavel.train.data.PairFormat;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which files are split, and into what.
public record SplitOptions(
    @Opt(
            value = "rows: JSON lines or a JSON array, .gz too, or Parquet; all files together",
            meta = "FILE",
            positional = true)
        List<Path> files,
    @Opt(value = "folder to make; new or empty; a file NAME.jsonl for each part", meta = "DIR")
        Path outputDir,
    @Opt(
            value = "names of the parts and their shares of the rows, about: train=0.9,test=0.1",
            meta = "NAME=SHARE")
        List<String> parts,
    @Opt(value = "decides, with what rows have in common, which part they go to", def = "42")
        long seed,
    @Opt("form of pairs; recognised when absent") Optional<PairFormat> datasetFormat,
    @Opt(value = "key of a row's prompt, a text or messages", def = "prompt") String promptColumn) {
  private static final Pattern PART = Pattern.compile("([A-Za-z0-9_-][A-Za-z0-9_.-]*)=(.+)");
  private static final double ROUNDING = 1e-9;

  public SplitOptions {
    files = List.copyOf(files);
    if (files.isEmpty()) {
      throw new IllegalArgumentException("FILE is required: rows to split");
    }
    shares(parts);
  }

  /// The parts in their order, with their shares, which add up to 1.
  Map<String, Double> shares() {
    return shares(parts);
  }

  private static Map<String, Double> shares(List<String> parts) {
    Map<String, Double> shares = new LinkedHashMap<>();
    for (String part : parts) {
      Matcher matcher = PART.matcher(part);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "--parts: '%s' is no NAME=SHARE; names are letters, digits, '_', '-' and '.'"
                .formatted(part));
      }
      if (shares.put(matcher.group(1), share(matcher.group(2), part)) != null) {
        throw new IllegalArgumentException(
            "--parts: '%s' stands there twice".formatted(matcher.group(1)));
      }
    }
    double sum = shares.values().stream().mapToDouble(s -> s).sum();
    if (shares.size() < 2 || Math.abs(sum - 1) > ROUNDING) {
      throw new IllegalArgumentException(
          "--parts: %d parts whose shares add up to %s; expected at least two that add up to 1, as train=0.9,test=0.1"
              .formatted(shares.size(), sum));
    }
    return shares;
  }

  private static double share(String text, String part) {
    double share;
    try {
      share = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--parts: '%s': '%s' is no number".formatted(part, text), e);
    }
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(
          "--parts: '%s': a share lies between 0 and 1".formatted(part));
    }
    return share;
  }
}
