package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Alignment via optimal transport, unpaired (arXiv 2406.05882): the smoothed logistic loss of beta
/// d, where d is a chosen completion's log-ratio minus the rejected one's *of the same rank* in the
/// micro-batch. The value stands at the pair of the chosen one.
record AotUnpaired(double beta, double labelSmoothing) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    Tensor c = p.chosenRatio();
    Tensor d = c.sub(Ranks.matched(p.rejectedRatio(), c));
    return Formulas.smoothed(d.mul(beta), labelSmoothing);
  }

  @Override
  public boolean couplesRows() {
    return true;
  }
}
