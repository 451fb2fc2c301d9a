package dev.gavel.train.demo;

import dev.gavel.train.demo.Method.Role;
import dev.gavel.train.eval.Bootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// A claim of the paper, held against what was found.
///
/// @param evidence the figures that decide it
record Claim(Status status, String text, String evidence) {
  /// What became of it.
  enum Status {
    SHOWN("shown"),
    NOT_SHOWN("not shown"),
    /// The base model has learned too little for any claim.
    NOT_DECIDABLE("not decidable");

    private final String words;

    Status(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /// A coin, give or take what two hundred pairs cannot tell.
  private static final double CHANCE_LOW = 0.4;

  private static final double CHANCE_HIGH = 0.6;

  /// @param decidable false where the base model has learned too little
  static List<Claim> of(List<MethodResult> results, boolean decidable, Bootstrap bootstrap) {
    return new Checks(results, decidable, bootstrap).claims();
  }

  private record Checks(List<MethodResult> results, boolean decidable, Bootstrap bootstrap) {
    List<Claim> claims() {
      List<Claim> claims = new ArrayList<>();
      claims.add(
          differences(
              "explicit reward models are good in-domain: each is better than the zero-shot judge",
              (explicit, judge) -> explicit.inDomainMinus(judge, bootstrap),
              Difference::isGain));
      claims.add(
          differences(
              "explicit reward models are poor out of domain: each is worse than the zero-shot judge",
              (explicit, judge) -> explicit.outOfDomainMinus(judge, bootstrap),
              Difference::isLoss));
      all(Role.LETTER).forEach(letter -> claims.add(nearChance(letter)));
      return claims;
    }

    /// One sentence on every explicit model against the zero-shot judge.
    private Claim differences(
        String text,
        BiFunction<MethodResult, MethodResult, Difference> difference,
        Predicate<Difference> holds) {
      MethodResult judge = all(Role.ZERO_SHOT).getFirst();
      List<MethodResult> explicit = all(Role.EXPLICIT);
      Function<MethodResult, Difference> found = result -> difference.apply(result, judge);
      return new Claim(
          status(explicit.stream().map(found).allMatch(holds)),
          text,
          explicit.stream()
              .map(result -> result.name() + " " + found.apply(result))
              .collect(Collectors.joining(", ")));
    }

    private Claim nearChance(MethodResult letter) {
      MethodResult judge = all(Role.ZERO_SHOT).getFirst();
      Difference in = letter.inDomainMinus(judge, bootstrap);
      Difference out = letter.outOfDomainMinus(judge, bootstrap);
      boolean holds =
          isChance(letter.inDomain())
              && isChance(letter.outOfDomain())
              && in.isLoss()
              && out.isLoss();
      return new Claim(
          status(holds),
          "asked for a letter, the base model is near chance (40 to 60) and worse than when it thinks",
          "in-domain %s, by %s; out of domain %s, by %s"
              .formatted(
                  DemoTable.accuracy(letter.inDomain()),
                  in,
                  DemoTable.accuracy(letter.outOfDomain()),
                  out));
    }

    private static boolean isChance(Score score) {
      return score.isReadable()
          && score.accuracy() >= CHANCE_LOW
          && score.accuracy() <= CHANCE_HIGH;
    }

    private Status status(boolean holds) {
      return !decidable ? Status.NOT_DECIDABLE : holds ? Status.SHOWN : Status.NOT_SHOWN;
    }

    private List<MethodResult> all(Role role) {
      return results.stream().filter(result -> result.method().role() == role).toList();
    }
  }
}
