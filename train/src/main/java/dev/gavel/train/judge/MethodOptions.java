package dev.gavel.train.judge;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.nio.file.Path;
import java.util.Optional;

/// Which kind of judge it is.
@OptGroup("Method")
public record MethodOptions(
    @Opt(
            value =
                "cot reasons, then gives its verdict; genrm: probabilities of the letters; bt: values of"
                    + " a reward model; pairrm: a value on the pair; dpo: implicit rewards of a policy",
            def = "cot")
        JudgeMethod method,
    @Opt(
            value =
                "genrm: the letters' exact probabilities, or --n letters sampled, as the paper did",
            def = "exact")
        Answers answers,
    @Opt(value = "dpo: the reference policy", meta = "DIR") Optional<Path> refModel,
    @Opt(value = "dpo: what log-ratios are multiplied with", def = "0.1", range = "(0, inf)")
        double beta) {
  /// How GenRM's letter is found.
  public enum Answers {
    EXACT,
    SAMPLED
  }

  public MethodOptions {
    if (refModel.isPresent() && method != JudgeMethod.DPO) {
      throw new IllegalArgumentException("--ref_model is for --method dpo, not for " + method);
    }
    if (answers == Answers.SAMPLED && method != JudgeMethod.GENRM) {
      throw new IllegalArgumentException(
          "--answers sampled is for --method genrm, not for " + method);
    }
  }

  /// Whether a question is asked several times.
  public boolean samples() {
    return method == JudgeMethod.COT || answers == Answers.SAMPLED;
  }
}
