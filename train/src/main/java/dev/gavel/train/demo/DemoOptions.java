package dev.gavel.train.demo;

import dev.gavel.tensor.Devices;
import dev.gavel.train.config.Opt;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
            value =
                "judges whose chains STaR-SFT begins with: kin, foreign, weak; full: the foreign one's in"
                    + " every round; none",
            def = "foreign")
        List<Bootstraps> bootstraps,
    @Opt(
            value = "folder of world, models, votes, results.json and report.html",
            def = "gavel-demo",
            meta = "DIR")
        Path outputDir,
    @Opt(value = "where to compute: auto, cpu, cuda or cuda:N", def = "auto") String device,
    @Opt(value = "threads of the CPU; all cores when absent", range = "[1, 4096]")
        Optional<Integer> threads) {
  /// How a STaR-SFT begins, or goes on.
  public enum Bootstraps {
    FOREIGN(Source.FOREIGN),
    KIN(Source.KIN),
    WEAK(Source.WEAK),
    FULL(Source.FOREIGN),
    NONE(null);

    private final @Nullable Source source;

    Bootstraps(@Nullable Source source) {
      this.source = source;
    }
  }

  public DemoOptions {
    Devices.requireName(device);
    bootstraps = List.copyOf(bootstraps);
    if (bootstraps.contains(Bootstraps.NONE) && bootstraps.size() > 1) {
      throw new IllegalArgumentException("--bootstraps: none goes with no other");
    }
  }

  /// The judges that it takes.
  Set<Source> sources() {
    Set<Source> sources = EnumSet.noneOf(Source.class);
    bootstraps.stream().flatMap(b -> Stream.ofNullable(b.source)).forEach(sources::add);
    return sources;
  }

  /// Whether a STaR-SFT learns from the foreign source in every round.
  boolean imitates() {
    return bootstraps.contains(Bootstraps.FULL);
  }
}
