package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Identity preference optimization (arXiv 2310.12036, Eq. 17; beta is its tau): (m - 1 / (2
/// beta))^2, m the difference of log-ratios per token as TRL's authors agreed with the paper's.
record Ipo(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    return p.meanMargin().sub(1 / (2 * beta)).square();
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MEAN_MARGIN;
  }
}
