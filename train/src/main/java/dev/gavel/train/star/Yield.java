package dev.gavel.train.star;

import dev.gavel.train.judge.Outcome;
import dev.gavel.train.judge.Vote;
import java.util.List;

/// How many rows some questions will give, by the outcomes of a few chains: as if all questions
/// were equally hard.
///
/// @param right share of chains with the label's verdict
/// @param wrong share of those with the other
record Yield(double right, double wrong) {
  static Yield of(List<Vote> chains, int cutShort) {
    double n = chains.size() + cutShort;
    return new Yield(count(chains, Outcome.CHOSEN) / n, count(chains, Outcome.REJECTED) / n);
  }

  private static long count(List<Vote> chains, Outcome outcome) {
    return chains.stream().filter(v -> v.prefers() == outcome).count();
  }

  /// Rows that can be expected.
  double rows(StarOptions star, double questions) {
    int n = star.samples();
    double anyWrong = 1 - StrictMath.pow(1 - wrong, n);
    double failed = 1 - StrictMath.pow(right, n);
    return switch (star.mode()) {
      case SFT -> questions * n * right;
      case DPO -> questions * both(n) * star.maxPairsPerPrompt();
      case IPO -> questions * anyWrong * Math.min(star.maxPairsPerPrompt(), n);
      case RATIONALIZER -> n == 0 ? questions : questions * (n * right + failed);
    };
  }

  /// P(n chains hold a right and a wrong one).
  private double both(int n) {
    double neither = Math.max(0, 1 - right - wrong);
    return 1
        - StrictMath.pow(1 - right, n)
        - StrictMath.pow(1 - wrong, n)
        + StrictMath.pow(neither, n);
  }

  /// Rows that there can be at most.
  static long most(StarOptions star, long questions) {
    int n = star.samples();
    return switch (star.mode()) {
      case SFT -> questions * n;
      case DPO -> questions * Math.min(star.maxPairsPerPrompt(), n * n / 4);
      case IPO -> questions * Math.min(star.maxPairsPerPrompt(), n);
      case RATIONALIZER ->
          questions * Math.max(1, n); // a chain that is not right is explained once
    };
  }
}
