package dev.gavel.train.judge;

import dev.gavel.llama.hub.Architecture;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The kinds of judges.
public enum JudgeMethod {
  /// Reasons, then gives its verdict; several votes.
  COT(Architecture.CAUSAL_LM, JudgePrompt.Kind.COT),
  /// The probabilities of the letters A and B as the answer.
  GENRM(Architecture.CAUSAL_LM, JudgePrompt.Kind.GENRM),
  /// Bradley-Terry: a reward model's value of each response.
  BT(Architecture.SEQUENCE_CLASSIFICATION, null),
  /// A value on the question which of the two is better.
  PAIRRM(Architecture.SEQUENCE_CLASSIFICATION, JudgePrompt.Kind.GENRM),
  /// The implicit reward of a policy against its reference.
  DPO(Architecture.CAUSAL_LM, null);

  /// What `gavel_head` says in the config of a PairRM model.
  public static final String PAIR_HEAD = "pair";

  /// For [dev.gavel.train.config.Opt#with]: those that are asked about a pair.
  public static final String COMPARING = "method=cot,genrm,pairrm";

  final Architecture architecture;
  private final JudgePrompt.@Nullable Kind prompt;

  JudgeMethod(Architecture architecture, JudgePrompt.@Nullable Kind prompt) {
    this.architecture = architecture;
    this.prompt = prompt;
  }

  /// Whether each response has a value of its own.
  public boolean scoresResponses() {
    return prompt == null;
  }

  /// What its questions look like.
  JudgePrompt.Kind prompt() {
    if (prompt == null) {
      throw new IllegalStateException(this + " asks no question");
    }
    return prompt;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
