package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// The negative log-likelihood of the labelled tokens: supervised fine-tuning, and Eq. 7 of
/// *Generative Reward Models* (arXiv 2410.12832), where the only labelled token is the answer.
///
/// It is a sum. The recipe divides by the number of labels of the whole optimizer step, so that a
/// step does not depend on how its rows are cut into micro-batches.
public final class TokenCrossEntropy {
  private TokenCrossEntropy() {}

  /// @param logProbs [labels]: natural logarithm of each label's probability
  /// @return a scalar, in nats
  public static Tensor sum(Tensor logProbs) {
    return logProbs.sum().neg();
  }
}
