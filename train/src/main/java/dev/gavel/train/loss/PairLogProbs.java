package dev.gavel.train.loss;

import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.List;

/// What a preference loss sees of a batch of B pairs: natural log-probabilities of the completions,
/// summed over their tokens (the end token included). All are [B] and of one float type.
///
/// @param chosen of the preferred completions under the policy
/// @param rejected of the others
/// @param refChosen under the reference, a constant; 0 where no loss uses a reference
/// @param chosenTokens how many tokens the sum of each has, a constant
public record PairLogProbs(
    Tensor chosen,
    Tensor rejected,
    Tensor refChosen,
    Tensor refRejected,
    Tensor chosenTokens,
    Tensor rejectedTokens) {
  public PairLogProbs {
    for (Tensor t : List.of(rejected, refChosen, refRejected, chosenTokens, rejectedTokens)) {
      if (chosen.shape().rank() != 1
          || !t.shape().equals(chosen.shape())
          || t.dtype() != chosen.dtype()) {
        throw new IllegalArgumentException(
            "log-probabilities of pairs: one is %s, the chosen ones are %s; expected [B] of one type"
                .formatted(t, chosen));
      }
    }
  }

  /// Pairs for losses that use no reference; its log-probabilities are set to 0.
  public static PairLogProbs withoutReference(
      Tensor chosen, Tensor rejected, Tensor chosenTokens, Tensor rejectedTokens) {
    Tensor none = chosen.device().zeros(chosen.dtype(), chosen.shape());
    return new PairLogProbs(chosen, rejected, none, none, chosenTokens, rejectedTokens);
  }

  /// B.
  public long pairs() {
    return chosen.size();
  }

  /// log(policy / reference) of the chosen completions.
  public Tensor chosenRatio() {
    return chosen.sub(refChosen);
  }

  /// The same of the rejected ones.
  public Tensor rejectedRatio() {
    return rejected.sub(refRejected);
  }

  /// How much further the policy prefers the chosen completion than the reference does, in nats.
  public Tensor margin() {
    return chosenRatio().sub(rejectedRatio());
  }

  /// `x` of the chosen completions divided by their tokens.
  public Tensor perChosenToken(Tensor x) {
    return x.div(atLeastOne(chosenTokens));
  }

  /// `x` of the rejected completions divided by their tokens.
  public Tensor perRejectedToken(Tensor x) {
    return x.div(atLeastOne(rejectedTokens));
  }

  /// Log-ratio per token of the chosen completion minus that of the rejected one.
  public Tensor meanMargin() {
    return perChosenToken(chosenRatio()).sub(perRejectedToken(rejectedRatio()));
  }

  /// An empty completion has the sum 0.
  private static Tensor atLeastOne(Tensor tokens) {
    return tokens.max(tokens.device().full(tokens.dtype(), Shape.of(1), 1));
  }
}
