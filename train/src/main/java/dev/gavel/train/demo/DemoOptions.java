package dev.gavel.train.demo;

import dev.gavel.tensor.Devices;
import dev.gavel.train.config.Opt;
import java.nio.file.Path;
import java.util.Optional;

/// What of the miniature is shown, and where.
public record DemoOptions(
    @Opt(
            value =
                "about a minute: every stage, cut short; proves the path, its figures mean nothing",
            def = "false")
        boolean fast,
    @Opt(value = "decides world, weights, order, votes and resamples", def = "42") long seed,
    @Opt(
            value = "multiplies documents, preferences and test pairs",
            def = "1",
            range = "[0.01, 100]")
        double scale,
    @Opt(
            value = "folder of world, models, votes, results.json and report.html",
            def = "gavel-demo",
            meta = "DIR")
        Path outputDir,
    @Opt(value = "where to compute: auto, cpu, cuda or cuda:N", def = "auto") String device,
    @Opt(value = "threads of the CPU; all cores when absent", range = "[1, 4096]")
        Optional<Integer> threads) {
  public DemoOptions {
    Devices.requireName(device);
  }
}
