package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Direct preference optimization (arXiv 2305.18290, Eq. 7): -log sigma(beta m), m the margin.
record Sigmoid(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    return Formulas.logistic(p.margin().mul(beta));
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MARGIN;
  }
}
