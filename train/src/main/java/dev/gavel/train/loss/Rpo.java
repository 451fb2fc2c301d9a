package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// The likelihood term of Iterative RPO (arXiv 2404.19733, Eq. 1): -log p(chosen) divided by the
/// tokens of chosen, a mean over pairs and not over tokens.
record Rpo() implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    return p.perChosenToken(p.chosen()).neg();
  }

  @Override
  public boolean usesReference() {
    return false;
  }
}
