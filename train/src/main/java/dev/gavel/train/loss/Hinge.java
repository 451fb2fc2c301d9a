package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// SLiC-HF's hinge (arXiv 2305.10425) on DPO's margin, as RSO has it (arXiv 2309.06657): max(0, 1 -
/// beta m).
record Hinge(double beta) implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    return p.margin().mul(-beta).add(1).relu();
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MARGIN;
  }
}
