package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// The negative log-likelihood of the chosen completions, a mean over all their tokens: the second
/// term of mixed preference optimization (arXiv 2411.10442).
record Sft() implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    return p.chosen().neg();
  }

  @Override
  public Per per() {
    return Per.CHOSEN_TOKEN;
  }

  @Override
  public boolean usesReference() {
    return false;
  }
}
