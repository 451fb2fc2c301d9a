package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;
import dev.gavel.train.config.Opt;

/// SimPO (arXiv 2405.14734, Eq. 6): -log sigma(beta m - gamma), m the difference of the policy's
/// log-probabilities per token; smoothed as in TRL's CPO trainer. There is no reference.
record SimPo(
    double beta,
    double labelSmoothing,
    @Opt(
            value = "simpo's target margin",
            def = "0.5",
            range = "[0, inf)",
            alias = "simpo_gamma",
            unit = "nats")
        double gamma)
    implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    Tensor m = p.perChosenToken(p.chosen()).sub(p.perRejectedToken(p.rejected()));
    return Formulas.smoothed(m.mul(beta).sub(gamma), labelSmoothing);
  }

  @Override
  public boolean usesReference() {
    return false;
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MEAN_MARGIN;
  }

  @Override
  public Rewards rewards(PairLogProbs p, double beta) {
    return new Rewards(
        p.perChosenToken(p.chosen()).mul(beta), p.perRejectedToken(p.rejected()).mul(beta));
  }
}
