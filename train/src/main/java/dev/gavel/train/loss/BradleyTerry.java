package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;

/// The loss of a reward model: -log sigma(c - r - margin) + k (c + r)^2 of the rewards c and r
/// (Bradley and Terry, 1952; the margin is Llama 2's, arXiv 2307.09288, Eq. 2; the second term,
/// which keeps rewards around 0, that of arXiv 2312.09244).
///
/// @param centerRewardsCoefficient k; 0: no second term
public record BradleyTerry(double centerRewardsCoefficient) {
  public BradleyTerry {
    if (!(centerRewardsCoefficient >= 0) || Double.isInfinite(centerRewardsCoefficient)) {
      throw new IllegalArgumentException(
          "--center_rewards_coefficient %s: must be at least 0"
              .formatted(centerRewardsCoefficient));
    }
  }

  /// @param chosen rewards [B]
  /// @param rejected rewards [B]
  /// @param margin [B], by how much the first must be larger; a constant
  /// @return [B]
  public Tensor values(Tensor chosen, Tensor rejected, Tensor margin) {
    return centered(chosen, rejected, chosen.sub(rejected).sub(margin));
  }

  /// The same with margin 0.
  public Tensor values(Tensor chosen, Tensor rejected) {
    return centered(chosen, rejected, chosen.sub(rejected));
  }

  private Tensor centered(Tensor chosen, Tensor rejected, Tensor lead) {
    Tensor loss = Formulas.logistic(lead);
    return centerRewardsCoefficient == 0
        ? loss
        : loss.add(chosen.add(rejected).square().mul(centerRewardsCoefficient));
  }
}
