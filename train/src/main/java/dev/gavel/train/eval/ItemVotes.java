package dev.gavel.train.eval;

import dev.gavel.train.judge.Label;
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
  private int draws;
  private int bothMarks;
  private double logOdds;
  private boolean measured;

  ItemVotes(PairRow row) {
    this.row = row;
  }

  void add(Vote vote) {
    draws++;
    Verdict verdict = vote.verdict();
    if (verdict != null) {
      counts[vote.order().ordinal()][verdict.ordinal()]++;
    }
    vote.logOdds()
        .ifPresent(odds -> {
          measured = true;
          logOdds += odds;
        });
    if (VerdictRule.hasBothMarks(vote.text())) {
      bothMarks++;
    }
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
    return row.label() == Label.FIRST || row.label() == Label.SECOND;
  }

  /// Maj@1 .. Maj@draws. Two orders of a judge that measures are no two votes: together they say
  /// which response has the larger sum of log-odds (PairRM: s(a, b) - s(b, a) > 0). Null without a
  /// label that could be met.
  public double @Nullable [] curve() {
    if (!isLabelled()) {
      return null;
    }
    int first = votes(Side.FIRST);
    int second = votes(Side.SECOND);
    boolean firstIsRight = row.label() == Label.FIRST;
    double[] curve =
        firstIsRight
            ? MajorityVote.curve(first, second, draws)
            : MajorityVote.curve(second, first, draws);
    if (measured && draws > 1) {
      double lead = firstIsRight ? logOdds : -logOdds;
      curve[draws - 1] = lead > 0 ? 1 : lead < 0 ? 0 : 0.5;
    }
    return curve;
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
    if (measured) {
      return 1 / (1 + StrictMath.exp(-logOdds()));
    }
    return (votes(Side.FIRST) + 0.5 * unread()) / draws;
  }

  /// log P/(1 - P) (Eq. 6) with P smoothed to (c + ½)/(n + 1): finite where all draws agree.
  ///
  /// Of a judge that measures the mean over its orders.
  public double logOdds() {
    if (measured) {
      return logOdds / draws;
    }
    double p = (votes(Side.FIRST) + 0.5 * unread() + 0.5) / (draws + 1);
    return StrictMath.log(p / (1 - p));
  }

  /// Draws without a verdict.
  public int unread() {
    return draws - verdicts(Verdict.A) - verdicts(Verdict.B);
  }
}
