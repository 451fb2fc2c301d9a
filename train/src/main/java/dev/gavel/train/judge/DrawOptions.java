package dev.gavel.train.judge;

import dev.gavel.llama.generate.Sampling;
import dev.gavel.train.config.Opt;

/// How a judge's reasoning is drawn.
public record DrawOptions(
    @Opt(value = "longest reasoning", def = "512", range = "[1, inf)", unit = "tokens")
        int maxNewTokens,
    @Opt(value = "sampling temperature; 0 is greedy", def = "1.0", range = "[0, inf)")
        double temperature,
    @Opt(value = "mass of the nucleus that is sampled from", def = "0.95", range = "(0, 1]")
        double topP) {
  Sampling sampling() {
    return new Sampling(temperature, 0, topP, 0);
  }
}
