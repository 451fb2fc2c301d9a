package dev.gavel.cli;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.util.List;
import java.util.Optional;

/// How to sample, for rows that do not say it themselves; what is absent here too is taken from the
/// model's generation_config.json.
@OptGroup("Sampling")
record SamplingOptions(
    @Opt(
            value = "most new tokens of a sample; when absent generation_config.json's, else 256",
            range = "[1, inf)")
        Optional<Integer> maxNewTokens,
    @Opt(
            value =
                "randomness; 0 is greedy; when absent generation_config.json's if it says do_sample,"
                    + " else greedy",
            range = "[0, inf)")
        Optional<Double> temperature,
    @Opt(
            value =
                "sample among so many most probable tokens; 0 is off; when absent"
                    + " generation_config.json's, else off",
            range = "[0, inf)")
        Optional<Integer> topK,
    @Opt(
            value =
                "sample from the smallest set of tokens with this mass; 1 is off; when absent"
                    + " generation_config.json's, else off",
            range = "(0, 1]")
        Optional<Double> topP,
    @Opt(
            value =
                "drop tokens less probable than this times the most probable one; when absent"
                    + " generation_config.json's, else off",
            range = "[0, 1]")
        Optional<Double> minP,
    @Opt(value = "samples of each prompt", def = "1", range = "[1, 1000000]") int n,
    @Opt(value = "texts that end a sample and are not part of it", meta = "TEXT") List<String> stop,
    @Opt(value = "tokens that end a sample, besides the model's own", meta = "ID")
        List<Integer> stopTokenIds,
    @Opt(value = "do not end at the model's own end tokens", def = "false") boolean ignoreEos,
    @Opt(value = "decides all draws, together with a row's id", def = "42") long seed) {
  SamplingOptions {
    if (stop.contains("")) {
      throw new IllegalArgumentException("--stop has an empty text");
    }
  }
}
