package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Binary classifier optimization on pairs (arXiv 2404.04656), with rewards c and r, beta times the
/// log-ratios: -log sigma(c) - log sigma(-r). As in TRL's DPO trainer, rewards are not shifted by
/// their running mean.
record BcoPair(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    Tensor c = p.chosenRatio().mul(beta);
    Tensor r = p.rejectedRatio().mul(beta);
    return Formulas.logistic(c).add(Formulas.logistic(r.neg()));
  }
}
