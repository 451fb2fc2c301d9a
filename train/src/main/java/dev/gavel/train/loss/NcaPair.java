package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Noise contrastive alignment on pairs (arXiv 2402.05369), with rewards c and r, beta times the
/// log-ratios: -log sigma(c) - log sigma(-c) / 2 - log sigma(-r) / 2.
record NcaPair(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    Tensor c = p.chosenRatio().mul(beta);
    Tensor r = p.rejectedRatio().mul(beta);
    Tensor noise = Formulas.logistic(c.neg()).add(Formulas.logistic(r.neg()));
    return Formulas.logistic(c).add(noise.mul(0.5));
  }
}
