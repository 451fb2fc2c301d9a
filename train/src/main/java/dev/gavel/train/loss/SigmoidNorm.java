package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// DPO on log-ratios per token (Tulu 3, arXiv 2411.15124): -log sigma(beta m), m the difference of
/// means.
record SigmoidNorm(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    return Formulas.logistic(p.meanMargin().mul(beta));
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MEAN_MARGIN;
  }
}
