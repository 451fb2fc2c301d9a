package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Robust DPO (arXiv 2403.00409): an unbiased estimate of DPO's loss where a share e of the labels
/// is wrong: (-(1 - e) log sigma(beta m) + e log sigma(-beta m)) / (1 - 2 e).
record Robust(double beta, double labelSmoothing) implements PreferenceLoss {
  Robust {
    if (labelSmoothing >= 0.5) {
      throw new IllegalArgumentException(
          "--label_smoothing %s: loss type robust divides by 1 - 2e; expected a number in [0, 0.5)"
              .formatted(labelSmoothing));
    }
  }

  @Override
  public Tensor values(PairLogProbs p) {
    Tensor m = p.margin().mul(beta);
    Tensor clean = Formulas.logistic(m).mul(1 - labelSmoothing);
    Tensor flipped = Formulas.logistic(m.neg()).mul(labelSmoothing);
    return clean.sub(flipped).mul(1 / (1 - 2 * labelSmoothing));
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MARGIN;
  }
}
