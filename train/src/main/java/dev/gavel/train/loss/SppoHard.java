package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Self-play preference optimization (arXiv 2405.00675, Eq. 4.7; beta is its 1 / eta) where the
/// winner's probability is 1: (c - 1 / (2 beta))^2 + (r + 1 / (2 beta))^2 of the log-ratios c, r.
record SppoHard(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    Tensor c = p.chosenRatio().sub(0.5 / beta).square();
    return c.add(p.rejectedRatio().add(0.5 / beta).square());
  }
}
