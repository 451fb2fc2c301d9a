package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Odds ratio preference optimization (arXiv 2403.07691, Eq. 6 and 7; beta is its lambda), with the
/// policy's log-probabilities per token c and r: -c - beta log sigma(logit(c) - logit(r)), where
/// logit(x) = x - log(1 - e^x). There is no reference.
///
/// The first term is the likelihood of the chosen completion, as the paper says; TRL's trainer has
/// that of the prompt and the completion there.
record Orpo(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    Tensor c = p.perChosenToken(p.chosen());
    Tensor r = p.perRejectedToken(p.rejected());
    return Formulas.logistic(logit(c).sub(logit(r))).mul(beta).sub(c);
  }

  private static Tensor logit(Tensor logP) {
    return logP.sub(Formulas.log1mExp(logP));
  }

  @Override
  public boolean usesReference() {
    return false;
  }

  @Override
  public Rewards rewards(PairLogProbs p, double beta) {
    return new Rewards(
        p.perChosenToken(p.chosen()).mul(beta), p.perRejectedToken(p.rejected()).mul(beta));
  }
}
