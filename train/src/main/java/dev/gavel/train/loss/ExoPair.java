package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// Efficient exact optimization on pairs (EXO-pref, arXiv 2402.00856, Eq. 16): the divergence KL(q
/// || p) of q = (sigma(beta m), sigma(-beta m)) from the labels p = (1 - e, e).
record ExoPair(double beta, double labelSmoothing) implements PreferenceLoss {
  ExoPair {
    if (labelSmoothing <= 0) {
      throw new IllegalArgumentException(
          "--label_smoothing %s: loss type exo_pair takes its logarithm; expected a number above 0, the paper's is 1e-3"
              .formatted(labelSmoothing));
    }
  }

  @Override
  public Tensor values(PairLogProbs p) {
    Tensor m = p.margin().mul(beta);
    Tensor won = m.sigmoid().mul(m.logSigmoid().sub(Math.log1p(-labelSmoothing)));
    Tensor lost = m.neg().sigmoid().mul(m.neg().logSigmoid().sub(Math.log(labelSmoothing)));
    return won.add(lost);
  }

  @Override
  public Symmetry symmetry() {
    return Symmetry.MARGIN;
  }
}
