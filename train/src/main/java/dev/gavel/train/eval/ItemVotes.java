package dev.gavel.train.eval;

import dev.gavel.train.judge.Evidence;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Side;
import dev.gavel.train.judge.Verdict;
import dev.gavel.train.judge.VerdictRule;
import dev.gavel.train.judge.Vote;
import org.jspecify.annotations.Nullable;

/// The votes on one row, counted.
public final class ItemVotes {
  private final PairRow row;
  private final int[][] counts = new int[Order.values().length][Verdict.values().length];
  private final int[] asked = new int[Order.values().length];
  private int draws;
  private int bothMarks;
  private double logOdds;
  private double softSum;
  private boolean measured;
  private double scoreOfFirst;
  private double scoreOfSecond;

  ItemVotes(PairRow row) {
    this.row = row;
  }

  void add(Vote vote) {
    draws++;
    asked[vote.order().ordinal()]++;
    Verdict verdict = vote.verdict();
    if (verdict != null) {
      counts[vote.order().ordinal()][verdict.ordinal()]++;
    }
    if (vote.logOdds().isPresent()) {
      double odds = vote.logOdds().getAsDouble();
      measured = true;
      logOdds += odds;
      softSum += sigmoid(odds);
    } else {
      softSum += verdict == null ? 0.5 : vote.order().preferred(verdict) == Side.FIRST ? 1 : 0;
    }
    if (vote.evidence() instanceof Evidence.Scores(double a, double b)) {
      scoreOfFirst = vote.order() == Order.AB ? a : b;
      scoreOfSecond = vote.order() == Order.AB ? b : a;
    }
    if (VerdictRule.hasBothMarks(vote.text())) {
      bothMarks++;
    }
  }

  /// What a judge that scores each response gave the first-named one.
  double scoreOfFirst() {
    return scoreOfFirst;
  }

  double scoreOfSecond() {
    return scoreOfSecond;
  }

  public PairRow row() {
    return row;
  }

  public int draws() {
    return draws;
  }

  int bothMarks() {
    return bothMarks;
  }

  /// Draws under both orders that read this verdict.
  public int verdicts(Verdict verdict) {
    return count(Order.AB, verdict) + count(Order.BA, verdict);
  }

  /// Draws that prefer this response, whichever place it had.
  public int votes(Side side) {
    return votes(Order.AB, side) + votes(Order.BA, side);
  }

  int votes(Order order, Side side) {
    return count(order, order.verdictFor(side));
  }

  private int count(Order order, Verdict verdict) {
    return counts[order.ordinal()][verdict.ordinal()];
  }

  /// Whether a verdict on this row can be right or wrong.
  public boolean isLabelled() {
    return row.isDecided();
  }

  /// Maj@1 .. Maj@draws; the last entry is what [#preferred] is worth. Null without a label that
  /// could be met.
  public double @Nullable [] curve() {
    if (!isLabelled()) {
      return null;
    }
    int right = votes(labelled());
    double[] curve = MajorityVote.curve(right, draws - unread() - right, draws);
    if (measured && draws > 1) {
      curve[draws - 1] = credit();
    }
    return curve;
  }

  /// What [#preferred] is worth on a labelled row: 1, ½ or 0.
  public double credit() {
    Side preferred = preferred();
    return preferred == null ? 0.5 : preferred == labelled() ? 1 : 0;
  }

  /// Maj@1 of the draws under one order, of a labelled row; null without draws.
  @Nullable Double credit(Order order) {
    int n = asked[order.ordinal()];
    if (n == 0) {
      return null;
    }
    int right = votes(order, labelled());
    int unread = n - count(order, Verdict.A) - count(order, Verdict.B);
    return (right + 0.5 * unread) / n;
  }

  /// The better response by all draws; null where none is. Two orders of a judge that measures are
  /// no two votes: together they say which response has the larger sum of log-odds (PairRM: s(a, b)
  /// - s(b, a) > 0).
  public @Nullable Side preferred() {
    boolean sums = measured && draws > 1;
    double lead = sums ? logOdds : votes(Side.FIRST) - votes(Side.SECOND);
    return lead > 0 ? Side.FIRST : lead < 0 ? Side.SECOND : null;
  }

  /// The response that people preferred, of a labelled row.
  public Side labelled() {
    return row.better();
  }

  /// Whether the majorities of the two orders differ; a tie differs from a winner.
  boolean ordersDisagree() {
    return majority(Order.AB) != majority(Order.BA);
  }

  private int majority(Order order) {
    return Integer.compare(votes(order, Side.FIRST), votes(order, Side.SECOND));
  }

  /// P(the first-named response is better): its share of the draws, one without verdict counting
  /// half.
  public double preference() {
    return measured ? sigmoid(logOdds()) : softSum / draws;
  }

  /// The soft vote: the mean over the draws of P(this response is better), which a readable vote
  /// says is 0 or 1, a vote without verdict ½, and a measurement what it is.
  double soft(Side side) {
    double first = softSum / draws;
    return side == Side.FIRST ? first : 1 - first;
  }

  /// P(this response is better) by [#logOdds]: never 0 or 1 for votes, however sure they are.
  double probability(Side side) {
    return sigmoid(side == Side.FIRST ? logOdds() : -logOdds());
  }

  private static double sigmoid(double logOdds) {
    return 1 / (1 + StrictMath.exp(-logOdds));
  }

  /// log P/(1 - P) (Eq. 6) with P smoothed to (c + ½)/(n + 1): finite where all draws agree.
  ///
  /// Of a judge that measures the mean over its orders.
  public double logOdds() {
    if (measured) {
      return Double.isNaN(logOdds) ? 0 : logOdds / draws; // both orders sure, of two responses
    }
    double p = (votes(Side.FIRST) + 0.5 * unread() + 0.5) / (draws + 1);
    return StrictMath.log(p / (1 - p));
  }

  /// Draws without a verdict.
  public int unread() {
    return draws - verdicts(Verdict.A) - verdicts(Verdict.B);
  }
}
