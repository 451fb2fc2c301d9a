package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;
import dev.gavel.train.config.Opt;

/// The log-ratio modulated loss that a search discovered (arXiv 2406.08414, Eq. 5), with l = beta m
/// and s = sigma(l / tau): -(1 - s) log sigma(l) + s e^-l.
///
/// @param tau up to 1: above, the second term grows like e^-l for l below 0
record DiscoPop(
    double beta,
    @Opt(
            value = "temperature of discopop's modulation",
            def = "0.05",
            range = "(0, 1]",
            alias = "discopop_tau")
        double tau)
    implements PreferenceLoss {
  @Override
  public Tensor values(PairLogProbs p) {
    Tensor l = p.margin().mul(beta);
    Tensor x = l.mul(1 / tau);
    Tensor logistic = Formulas.logistic(l).mul(x.neg().sigmoid());
    return logistic.add(x.logSigmoid().sub(l).exp()); // e^-l alone overflows where s is 0
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MARGIN;
  }
}
