package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Alignment via optimal transport, paired (arXiv 2406.05882): the smoothed logistic loss of beta
/// d, where d is log(chosen / rejected) of the policy minus that of the reference *of the same
/// rank* in the micro-batch. The value stands at the pair whose policy has that rank.
record Aot(double beta, double labelSmoothing) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    Tensor policy = p.chosen().sub(p.rejected());
    Tensor reference = p.refChosen().sub(p.refRejected());
    Tensor d = policy.sub(Ranks.matched(reference, policy));
    return Formulas.smoothed(d.mul(beta), labelSmoothing);
  }

  @Override
  public boolean couplesRows() {
    return true;
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MARGIN;
  }
}
