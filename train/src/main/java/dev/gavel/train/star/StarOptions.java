package dev.gavel.train.star;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.nio.file.Path;
import java.util.Optional;

/// How chains are made and what of them is learned. Numbers in brackets are those of the open
/// points of the paper, each with the reading that is the default.
@OptGroup("STaR")
public record StarOptions(
    @Opt(
            value =
                "sft: right chains; dpo: right against wrong ones; rationalizer: explanations of the"
                    + " given verdict (Eq. 8); ipo: such an explanation against a wrong chain [4]",
            def = "sft")
        Mode mode,
    @Opt(value = "rounds, each on its own part of the rows [5]", def = "3", range = "[1, 1000]")
        int iterations,
    @Opt(
            value = "chains sampled for each pair; default: 1, for dpo and ipo 4 [2]",
            range = "[1, 100000]",
            with = "mode=sft,dpo,ipo or rationalize=wrong")
        Optional<Integer> samplesPerPrompt,
    @Opt(
            value = "most (right, wrong) pairs of chains for each pair of answers [3]",
            def = "1",
            range = "[1, 100000]",
            with = "mode=dpo,ipo")
        int maxPairsPerPrompt,
    @Opt(
            value =
                "rationales of another model for the first rounds: rows {\"id\", \"text\", \"order\"?} on"
                    + " the rows of --dataset",
            meta = "FILE",
            with = "mode=sft")
        Optional<Path> rationales,
    @Opt(
            value = "rounds that learn from --rationales instead of own chains",
            def = "1",
            range = "[1, 1000]",
            with = "rationales")
        int bootstrapIterations,
    @Opt(
            value = "which pairs get an explanation: all, or those judged wrong [12]",
            def = "all",
            with = "mode=rationalizer")
        Explained rationalize,
    @Opt(
            value =
                "JSON {\"system\"?, \"user\"} that asks for one, instead of the paper's (Fig. 7)",
            meta = "FILE",
            with = "mode=rationalizer,ipo")
        Optional<Path> rationaleTemplate,
    @Opt(
            value = "the model that explains; default: the one that the loop begins with",
            meta = "DIR",
            with = "mode=rationalizer,ipo")
        Optional<Path> rationalizerModel,
    @Opt(
            value = "what joins an explanation and its verdict; [[X]] becomes it [12]",
            def = "\n\n[[X]]",
            with = "mode=rationalizer,ipo")
        String verdictSuffix,
    @Opt(
            value = "how strongly the sampling model holds; default: dpo 1, ipo 0.4 (Table 2)",
            range = "(0, inf)",
            with = "mode=dpo,ipo")
        Optional<Double> beta,
    @Opt(
            value = "weight of the right chain's likelihood (0: the paper)",
            def = "0",
            range = "[0, inf)",
            with = "mode=dpo,ipo")
        double rpoAlpha) {
  /// What an iteration learns.
  public enum Mode {
    SFT,
    DPO,
    RATIONALIZER,
    IPO;

    /// Whether right chains are set against wrong ones.
    boolean pairs() {
      return this == DPO || this == IPO;
    }
  }

  /// Which pairs are explained.
  public enum Explained {
    ALL,
    WRONG
  }

  public StarOptions {
    if (!verdictSuffix.contains("[[X]]")) {
      throw new IllegalArgumentException("--verdict_suffix has no [[X]]: where the verdict stands");
    }
    if (samplesPerPrompt.isPresent()
        && rationales.isPresent()
        && bootstrapIterations >= iterations) {
      throw new IllegalArgumentException(
          "--samples_per_prompt %d: all rounds learn from --rationales (--iterations %d, --bootstrap_iterations %d), and none samples; leave it away"
              .formatted(samplesPerPrompt.get(), iterations, bootstrapIterations));
    }
  }

  /// Chains of the current model for each pair; 0 where none are needed.
  int samples() {
    return switch (mode) {
      case SFT -> samplesPerPrompt.orElse(1);
      case DPO, IPO -> samplesPerPrompt.orElse(4);
      case RATIONALIZER -> rationalize == Explained.ALL ? 0 : samplesPerPrompt.orElse(1);
    };
  }

  /// Whether verdicts are explained in hindsight.
  boolean explains() {
    return mode == Mode.RATIONALIZER || mode == Mode.IPO;
  }

  double effectiveBeta() {
    return beta.orElse(mode == Mode.IPO ? 0.4 : 1.0);
  }
}
