package dev.gavel.train.eval;

import dev.gavel.train.eval.Bootstrap.Interval;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.Verdict;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Whether the place of a response matters: single-vote accuracy where the labelled response stood
/// in A, and where it stood in B. Half their difference is the preference for A: 0 where the place
/// does not matter, ½ for a judge that always says A, -½ for one that always says B.
///
/// It needs no second order: where each pair is asked once, in a drawn order, the two accuracies
/// are of different pairs, and the interval says what that costs. It is not disturbed by labels
/// that happen to stand in A more often, as the share of A among the verdicts is. Where both orders
/// are asked and every draw can be read, it is P(A) - ½.
///
/// @param inA items whose labelled response stood in A
/// @param accuracyInA the mean over them of Maj@1 in that place, a draw without verdict counting
///   half; null without items
/// @param preferenceForA half of `accuracyInA - accuracyInB`; null unless there are items of both
/// @param ci95 percentile bootstrap of it over items; null as it is
public record PlaceBias(
    int inA,
    @Nullable Double accuracyInA,
    int inB,
    @Nullable Double accuracyInB,
    @Nullable Double preferenceForA,
    @Nullable Interval ci95) {

  /// @param labelled items whose label can be met
  static PlaceBias of(List<ItemVotes> labelled, Bootstrap bootstrap) {
    double[] a = credits(labelled, true);
    double[] b = credits(labelled, false);
    Double meanA = mean(a);
    Double meanB = mean(b);
    if (meanA == null || meanB == null) {
      return new PlaceBias(a.length, meanA, b.length, meanB, null, null);
    }
    return new PlaceBias(
        a.length, meanA, b.length, meanB, (meanA - meanB) / 2, interval(labelled, bootstrap));
  }

  private static double[] credits(List<ItemVotes> items, boolean inA) {
    return items.stream()
        .map(item -> credit(item, inA))
        .filter(Objects::nonNull)
        .mapToDouble(Double::doubleValue)
        .toArray();
  }

  private static @Nullable Double credit(ItemVotes item, boolean inA) {
    Order order = item.labelled() == Order.AB.preferred(Verdict.A) == inA ? Order.AB : Order.BA;
    return item.credit(order);
  }

  /// Items that were asked in both orders are resampled whole, the others inside their place.
  private static Interval interval(List<ItemVotes> items, Bootstrap bootstrap) {
    boolean paired =
        items.stream().allMatch(i -> i.credit(Order.AB) != null && i.credit(Order.BA) != null);
    double[] a = credits(items, true);
    double[] b = credits(items, false);
    if (paired) {
      double[] halves = new double[a.length];
      for (int i = 0; i < halves.length; i++) {
        halves[i] = (a[i] - b[i]) / 2;
      }
      return bootstrap.mean(halves);
    }
    return bootstrap.stratified(List.of(a, DoubleStream.of(b).map(x -> -x).toArray()));
  }

  private static @Nullable Double mean(double[] values) {
    return values.length == 0 ? null : DoubleStream.of(values).sum() / values.length;
  }

  void addTo(ObjectNode node) {
    node.putObject("a").put("n", inA).put("accuracy", accuracyInA);
    node.putObject("b").put("n", inB).put("accuracy", accuracyInB);
    node.put("preference_for_a", preferenceForA);
    JudgeResults.put(node, "ci95", ci95);
  }
}
