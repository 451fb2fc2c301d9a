package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Anchored preference optimization for chosen completions worse than the model's (arXiv
/// 2408.06266, Eq. 8), with rewards c and r, beta times the log-ratios: sigma(c) + sigma(r - c).
record ApoDown(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    return p.chosenRatio().mul(beta).sigmoid().add(p.margin().mul(-beta).sigmoid());
  }
}
