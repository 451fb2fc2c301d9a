package dev.gavel.train.eval;

/// What a majority of k of n draws is worth, without resampling noise: the mean over all k-subsets
/// of the draws of 1 (more right than wrong), ½ (as many, or nothing read) or 0.
///
/// Abstentions count as draws. A subset holds m readable draws with hypergeometric probability, and
/// i right ones among those m with another: so Maj@k = Σ_m P(m | k) · f(m), f(m) = P(i > m/2) + ½
/// P(i = m/2). Both distributions are built draw by draw from positive terms, which keeps twelve
/// digits and needs no factorials.
public final class MajorityVote {
  private MajorityVote() {}

  /// Maj@1 .. Maj@`draws`; entry k - 1 is Maj@k.
  ///
  /// @param right draws that prefer the labelled response
  /// @param wrong draws that prefer the other
  /// @param draws all of them, those without a verdict too
  public static double[] curve(int right, int wrong, int draws) {
    check(right, wrong, draws);
    int readable = right + wrong;
    double[] worth = worth(right, wrong);
    double[] curve = new double[draws];
    Urn urn = new Urn(readable, draws - readable);
    for (int k = 1; k <= draws; k++) {
      urn.draw();
      double sum = 0;
      for (int m = 0; m <= Math.min(k, readable); m++) {
        sum += urn.probability(m) * worth[m];
      }
      curve[k - 1] = sum;
    }
    return curve;
  }

  /// The plain majority of all draws: 1, ½ or 0.
  public static double all(int right, int wrong) {
    return right > wrong ? 1 : right == wrong ? 0.5 : 0;
  }

  /// f(m) for m = 0 .. right + wrong readable draws.
  private static double[] worth(int right, int wrong) {
    double[] worth = new double[right + wrong + 1];
    Urn urn = new Urn(right, wrong);
    worth[0] = 0.5;
    for (int m = 1; m < worth.length; m++) {
      urn.draw();
      double sum = m % 2 == 0 ? 0.5 * urn.probability(m / 2) : 0;
      for (int i = m / 2 + 1; i <= m; i++) {
        sum += urn.probability(i);
      }
      worth[m] = sum;
    }
    return worth;
  }

  private static void check(int right, int wrong, int draws) {
    if (right < 0 || wrong < 0 || draws < 1 || right + wrong > draws) {
      throw new IllegalArgumentException(
          "%d right and %d wrong of %d draws is impossible".formatted(right, wrong, draws));
    }
  }

  /// Balls of two colours drawn one after the other and not put back: the distribution of how many
  /// of the first colour are out.
  private static final class Urn {
    private final int first;
    private final int second;
    private final double[] p;
    private int drawn;

    Urn(int first, int second) {
      this.first = first;
      this.second = second;
      this.p = new double[first + second + 2];
      this.p[0] = 1;
    }

    double probability(int firstOut) {
      return p[firstOut];
    }

    void draw() {
      double left = first + second - drawn;
      for (int i = Math.min(drawn, first); i >= 0; i--) {
        double firstLeft = Math.max(0, first - i);
        double secondLeft = Math.max(0, second - (drawn - i));
        p[i + 1] += p[i] * firstLeft / left;
        p[i] = p[i] * secondLeft / left;
      }
      drawn++;
    }
  }
}
