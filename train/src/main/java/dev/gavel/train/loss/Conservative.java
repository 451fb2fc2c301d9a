package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Conservative DPO, the label-smoothed sigmoid (E. Mitchell, *A note on DPO with noisy
/// preferences*, 2023): -(1 - e) log sigma(beta m) - e log sigma(-beta m). TRL no longer has it.
record Conservative(double beta, double labelSmoothing) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    return Formulas.smoothed(p.margin().mul(beta), labelSmoothing);
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MARGIN;
  }
}
