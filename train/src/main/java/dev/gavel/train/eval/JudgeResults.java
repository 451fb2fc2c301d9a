package dev.gavel.train.eval;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.Bootstrap.Interval;
import dev.gavel.train.judge.Label;
import dev.gavel.train.judge.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// What `results.json` says of a judge: a pure function of its votes and the labels.
///
/// @param n items, those labelled tie or not at all too
/// @param maj Maj@k, entry k - 1, mean over the items whose label can be met; null when no draw
///   could be read or no row has a label, and so are `accuracy` and `ci95`
/// @param accuracy the last of `maj`: all draws
/// @param ci95 percentile bootstrap over items of `accuracy`
/// @param ties items labelled tie: left out of `maj`
/// @param abstainRate draws without a verdict / draws; null without draws
/// @param bothMarks draws that name both answers
/// @param aRate A / (A + B) over draws; null when nothing could be read
/// @param positionBias P(A) - ½ over readable draws; null unless both orders were asked
/// @param orderDisagreement share of items whose two majorities differ; likewise
/// @param softAccuracy mean over those items of the soft vote, P(the labelled response): for votes
///   Maj@1, for measurements what a judge would reach that answers at random by its P. (Preferring
///   the response with the larger soft vote is `accuracy`: for votes it is the majority, and of two
///   orders σ(x) + σ(y) > 1 where x + y > 0.) Null as `accuracy` is, and so are those that follow
/// @param majBands of each entry of `maj` what `ci95` is of the last
/// @param byPlace whether the place of a response matters, of one order as of both
public record JudgeResults(
    int n,
    @Nullable List<Double> maj,
    @Nullable Double accuracy,
    @Nullable Interval ci95,
    int ties,
    @Nullable Double abstainRate,
    long bothMarks,
    @Nullable Double aRate,
    @Nullable Double positionBias,
    @Nullable Double orderDisagreement,
    Map<String, Subset> subsets,
    @Nullable Double softAccuracy,
    @Nullable Calibration calibration,
    @Nullable LengthBias byLength,
    @Nullable List<Interval> majBands,
    @Nullable PlaceBias byPlace) {

  /// A part of the rows.
  ///
  /// @param accuracy null under the same conditions as the whole's
  public record Subset(int n, @Nullable Double accuracy) {}

  static JudgeResults of(List<ItemVotes> items, boolean bothOrders, Bootstrap bootstrap) {
    long draws = items.stream().mapToLong(ItemVotes::draws).sum();
    long a = items.stream().mapToLong(item -> item.verdicts(Verdict.A)).sum();
    long readable = a + items.stream().mapToLong(item -> item.verdicts(Verdict.B)).sum();
    double[][] curves = readable == 0 ? new double[0][] : curves(items);
    boolean scored = curves.length > 0;
    List<ItemVotes> labelled =
        scored ? items.stream().filter(i -> i.draws() > 0 && i.isLabelled()).toList() : List.of();
    List<Double> maj = scored ? mean(curves) : null;
    List<Interval> bands = scored ? bootstrap.means(List.<double[][]>of(curves)) : null;
    Double aRate = readable == 0 ? null : (double) a / readable;
    return new JudgeResults(
        items.size(),
        maj,
        maj == null ? null : maj.getLast(),
        bands == null ? null : bands.getLast(),
        (int) items.stream().filter(item -> item.row().label() == Label.TIE).count(),
        draws == 0 ? null : (double) (draws - readable) / draws,
        items.stream().mapToLong(ItemVotes::bothMarks).sum(),
        aRate,
        bothOrders && aRate != null ? aRate - 0.5 : null,
        bothOrders && !items.isEmpty() ? disagreement(items) : null,
        subsets(items, scored),
        scored ? softAccuracy(labelled) : null,
        scored ? Calibration.of(labelled) : null,
        scored ? LengthBias.of(labelled) : null,
        bands,
        scored ? PlaceBias.of(labelled, bootstrap) : null);
  }

  private static double softAccuracy(List<ItemVotes> labelled) {
    double sum = 0;
    for (ItemVotes item : labelled) {
      sum += item.soft(item.labelled());
    }
    return sum / labelled.size();
  }

  private static double[][] curves(List<ItemVotes> items) {
    List<double[]> curves = new ArrayList<>();
    for (ItemVotes item : items) {
      double[] curve = item.draws() == 0 ? null : item.curve();
      if (curve == null) {
        continue;
      }
      if (!curves.isEmpty() && curves.getFirst().length != curve.length) {
        throw new IllegalStateException(
            "row %s has %d draws, rows before it %d: the votes are not complete"
                .formatted(item.row().id(), curve.length, curves.getFirst().length));
      }
      curves.add(curve);
    }
    return curves.toArray(double[][]::new);
  }

  private static List<Double> mean(double[][] curves) {
    List<Double> mean = new ArrayList<>();
    for (int k = 0; k < curves[0].length; k++) {
      double sum = 0;
      for (double[] curve : curves) {
        sum += curve[k];
      }
      mean.add(sum / curves.length);
    }
    return List.copyOf(mean);
  }

  private static double disagreement(List<ItemVotes> items) {
    return (double) items.stream().filter(ItemVotes::ordersDisagree).count() / items.size();
  }

  private static Map<String, Subset> subsets(List<ItemVotes> items, boolean scored) {
    Map<String, List<ItemVotes>> byName = new LinkedHashMap<>();
    for (ItemVotes item : items) {
      String name = item.row().subset();
      if (name != null) {
        byName.computeIfAbsent(name, key -> new ArrayList<>()).add(item);
      }
    }
    Map<String, Subset> subsets = new LinkedHashMap<>();
    byName.forEach((name, part) -> {
      double[][] curves = scored ? curves(part) : new double[0][];
      Double accuracy = curves.length == 0 ? null : mean(curves).getLast();
      subsets.put(name, new Subset(part.size(), accuracy));
    });
    return subsets;
  }

  /// Keys in the order of the components.
  public ObjectNode toJson() {
    ObjectNode node = Json.mapper().createObjectNode();
    node.put("n", n);
    if (maj == null) {
      node.putNull("maj");
    } else {
      ObjectNode curve = node.putObject("maj");
      for (int k = 1; k <= maj.size(); k++) {
        curve.put(Integer.toString(k), maj.get(k - 1));
      }
    }
    node.put("accuracy", accuracy);
    put(node, "ci95", ci95);
    node.put("ties", ties).put("abstain_rate", abstainRate).put("both_marks", bothMarks);
    node.put("a_rate", aRate).put("position_bias", positionBias);
    node.put("order_disagreement", orderDisagreement);
    ObjectNode parts = node.putObject("subsets");
    subsets.forEach(
        (name, part) -> parts.putObject(name).put("n", part.n()).put("accuracy", part.accuracy()));
    node.put("soft_accuracy", softAccuracy);
    if (calibration == null) {
      node.putNull("calibration");
    } else {
      calibration.addTo(node.putObject("calibration"));
    }
    if (byLength == null) {
      node.putNull("by_length");
    } else {
      byLength.addTo(node.putObject("by_length"));
    }
    putBands(node);
    if (byPlace == null) {
      node.putNull("by_place");
    } else {
      byPlace.addTo(node.putObject("by_place"));
    }
    return node;
  }

  private void putBands(ObjectNode node) {
    if (majBands == null) {
      node.putNull("maj_ci95");
      return;
    }
    ObjectNode bands = node.putObject("maj_ci95");
    for (int k = 1; k <= majBands.size(); k++) {
      put(bands, Integer.toString(k), majBands.get(k - 1));
    }
  }

  static void put(ObjectNode node, String key, @Nullable Interval interval) {
    if (interval == null) {
      node.putNull(key);
    } else {
      node.putArray(key).add(interval.low()).add(interval.high());
    }
  }
}
