package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Anchored preference optimization for chosen completions better than the model's (arXiv
/// 2408.06266, Eq. 7), with rewards c and r, beta times the log-ratios: sigma(-c) + sigma(r).
record ApoZero(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    return p.chosenRatio().mul(-beta).sigmoid().add(p.rejectedRatio().mul(beta).sigmoid());
  }
}
