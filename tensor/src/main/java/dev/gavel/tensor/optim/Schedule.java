package dev.gavel.tensor.optim;

import java.util.Locale;

/// How the learning rate runs over a training, with the Hugging Face names and formulas: linear
/// warm-up from 0 over `warmupSteps`, so that the first step of any warm-up has rate 0, then the
/// shape.
///
/// Values come from `StrictMath`: the same bits everywhere.
///
/// @param minRatio for `COSINE_WITH_MIN_LR`: the least factor
public record Schedule(Type type, int warmupSteps, int totalSteps, double minRatio) {
  /// Shapes after the warm-up.
  public enum Type {
    LINEAR,
    COSINE,
    COSINE_WITH_MIN_LR,
    CONSTANT_WITH_WARMUP,
    /// No warm-up, no decay.
    CONSTANT;

    /// The name in configs: `cosine_with_min_lr`.
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Schedule {
    if (warmupSteps < 0 || totalSteps < 0 || minRatio < 0 || minRatio > 1) {
      throw new IllegalArgumentException(
          "schedule: warmup_steps %d and steps %d must not be negative, the minimum %s lies in 0..1"
              .formatted(warmupSteps, totalSteps, minRatio));
    }
  }

  /// @param step steps done before this one, from 0
  /// @return what the peak learning rate is multiplied by
  public double factor(int step) {
    if (type == Type.CONSTANT) {
      return 1;
    }
    if (step < warmupSteps) {
      return (double) step / warmupSteps;
    }
    double rest = Math.max(1, totalSteps - warmupSteps);
    return switch (type) {
      case LINEAR -> Math.max(0, (totalSteps - step) / rest);
      case COSINE -> cosine((step - warmupSteps) / rest);
      case COSINE_WITH_MIN_LR -> cosine((step - warmupSteps) / rest) * (1 - minRatio) + minRatio;
      case CONSTANT_WITH_WARMUP, CONSTANT -> 1;
    };
  }

  private static double cosine(double progress) {
    return Math.max(0, 0.5 * (1 + StrictMath.cos(Math.PI * progress)));
  }
}
