package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// A loss on pairs of completions. An implementation is a record that [LossTypes] can make: its
/// components `beta` and `labelSmoothing` take the options of these names, any other one is an
/// option `--loss.NAME` that it declares with [dev.gavel.train.config.Opt].
///
/// It is a pure function: equal pairs have equal values. [LossContract] checks what is said here.
public interface PreferenceLoss {
  /// What a sum over the batch is divided by.
  enum Per {
    /// The pairs of the optimizer step.
    PAIR,
    /// The tokens of all chosen completions of the optimizer step.
    CHOSEN_TOKEN
  }

  /// What may be added to the policy's log-probabilities of both completions without changing the
  /// value.
  enum Symmetry {
    /// Nothing.
    NONE,
    /// Any number: the value depends on [PairLogProbs#margin()] alone.
    MARGIN,
    /// Any number times the tokens of each completion: it depends on the difference of means.
    MEAN_MARGIN
  }

  /// One value for each pair: [B], finite wherever log-probabilities are. Neither summed nor
  /// divided by anything of the batch: a step must not depend on how it is cut into micro-batches.
  Tensor values(PairLogProbs p);

  /// False: the reference's log-probabilities are not read.
  default boolean usesReference() {
    return true;
  }

  /// True: the value of a pair depends on the other pairs of its micro-batch.
  default boolean couplesRows() {
    return false;
  }

  default Per per() {
    return Per.PAIR;
  }

  default Symmetry symmetry() {
    return Symmetry.NONE;
  }

  /// What the log calls the rewards of the completions; no gradient is asked of them.
  default Rewards rewards(PairLogProbs p, double beta) {
    return new Rewards(p.chosenRatio().mul(beta), p.rejectedRatio().mul(beta));
  }

  /// @param chosen [B]
  /// @param rejected [B]
  record Rewards(Tensor chosen, Tensor rejected) {}
}
