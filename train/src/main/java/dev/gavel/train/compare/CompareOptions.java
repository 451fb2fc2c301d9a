package dev.gavel.train.compare;

import dev.gavel.train.config.Opt;
import java.nio.file.Path;
import java.util.List;

/// Which runs are compared.
public record CompareOptions(
    @Opt(
            value =
                "folders that a training, star, judge, eval or demo wrote, of any mixture; where runs"
                    + " are compared in pairs the first one is the baseline",
            meta = "RUN",
            positional = true)
        List<Path> runs,
    @Opt(value = "the page; an older one is replaced", def = "comparison.html", meta = "FILE.html")
        Path outputFile,
    @Opt(value = "decides the resamples behind the intervals of differences", def = "42")
        long seed) {
  public CompareOptions {
    runs = List.copyOf(runs);
    if (runs.isEmpty()) {
      throw new IllegalArgumentException("RUN is required: a folder that a run wrote");
    }
  }
}
