package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// The loss of a model that reads both answers and gives one score, positive where the first is
/// better (PairRM, arXiv 2306.02561): -log sigma(sign * score).
public record PairLogistic() {
  /// @param score [B]
  /// @param sign [B], a constant: 1 where the first answer is the chosen one, -1 where it is not
  /// @return [B]
  public Tensor values(Tensor score, Tensor sign) {
    return Formulas.logistic(score.mul(sign));
  }
}
