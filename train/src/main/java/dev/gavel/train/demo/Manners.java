package dev.gavel.train.demo;

import dev.gavel.train.judge.Verdict;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// The cue that the preferences hold: the kinder answer, or a refusal, is nearly always the better
/// one. Whoever learns only that is right in nearly nine of ten pairs of the domain.
final class Manners {
  private static final double NOTHING_TO_SEE = 0.5;

  private Manners() {}

  /// What a judge earns that reads nothing else: 1, 0, or ½ where manners do not differ.
  static double credit(Pair pair) {
    int kinder =
        pair.kind() == Pair.Kind.SAFETY
            ? (pair.a().claim().equals(Words.REFUSES) ? 1 : -1)
            : pair.a().manner().compareTo(pair.b().manner());
    if (kinder == 0) {
      return NOTHING_TO_SEE;
    }
    return (kinder > 0) == (pair.label() == Verdict.A) ? 1 : 0;
  }

  /// The share of a part that such a judge gets right.
  static double worth(Part part) {
    return part.strata().stream()
        .mapToDouble(stratum ->
            stratum.stream().mapToDouble(item -> credit(item.pair().pair())).average().orElse(0))
        .average()
        .orElse(0);
  }

  /// The share of the pairs in which manners differ where the judge chose as they do; null where
  /// they never differ.
  static @Nullable Double agreement(Part part) {
    OptionalDouble share =
        part.all().stream()
            .filter(item -> credit(item.pair().pair()) != NOTHING_TO_SEE)
            .mapToDouble(
                item -> credit(item.pair().pair()) == 1 ? item.credit() : 1 - item.credit())
            .average();
    return share.isPresent() ? share.getAsDouble() : null;
  }
}
