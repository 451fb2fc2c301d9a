package dev.gavel.train.loss;

import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;

/// What several losses are made of.
final class Formulas {
  /// Below it -log(x) / x and the like are no more than rounding.
  private static final double LEAST = 1e-12;

  /// Where [#log1mExp] goes over from its series to its definition.
  private static final double NEAR = 0.125;

  private Formulas() {}

  /// -log sigma(x) = log(1 + e^-x), finite for all finite x.
  static Tensor logistic(Tensor x) {
    return x.logSigmoid().neg();
  }

  /// (1 - e) logistic(x) + e logistic(-x): the label is wrong with probability e.
  static Tensor smoothed(Tensor x, double e) {
    return logistic(x).mul(1 - e).add(logistic(x.neg()).mul(e));
  }

  /// log(1 - e^x) for x < 0. Values above -1e-12 count as that, with gradient 0.
  ///
  /// With u = -x and v = u/2 it is log(u) - u/2 + log(sinh(v) / v), whose series serves near 0,
  /// where 1 - e^-u would lose digits. Each formula is asked only where it is good: beyond its end
  /// its argument is held there, and what it gives is taken off again.
  static Tensor log1mExp(Tensor x) {
    Tensor u = x.neg().max(constant(x, LEAST));
    Tensor near = u.min(constant(x, NEAR));
    Tensor w = near.square().mul(0.25); // v^2, at most 1/256: the next term is below 3e-18
    Tensor series = w.mul(-1.0 / 37800).add(1.0 / 2835).mul(w).add(-1.0 / 180).mul(w).add(1.0 / 6);
    Tensor nearby = near.log().sub(near.mul(0.5)).add(series.mul(w));
    Tensor far = u.max(constant(x, NEAR)).neg().exp().neg().add(1).log();
    return nearby.add(far).sub(Math.log(-Math.expm1(-NEAR)));
  }

  private static Tensor constant(Tensor like, double value) {
    return like.device().full(like.dtype(), Shape.of(1), value);
  }
}
