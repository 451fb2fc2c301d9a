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
            value = "the letters' exact probabilities, or --n letters sampled, as the paper did",
            def = "exact",
            with = "method=genrm")
        Answers answers,
    @Opt(
            value = "the reference policy; default: the model under an adapter",
            meta = "DIR",
            with = "method=dpo")
        Optional<Path> refModel,
    @Opt(
            value = "what log-ratios are multiplied with",
            def = "0.1",
            range = "(0, inf)",
            with = "method=dpo")
        double beta) {
  /// How GenRM's letter is found.
  public enum Answers {
    EXACT,
    SAMPLED
  }

  /// Whether a question is asked several times.
  public boolean samples() {
    return method == JudgeMethod.COT || answers == Answers.SAMPLED;
  }
}
