package dev.gavel.train.eval;

import dev.gavel.train.eval.Bootstrap.Interval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// The accuracies of two judges on the same items, and the interval of their difference.
///
/// @param labelled items whose label can be met; the other figures are null without any
/// @param ci95 of `a` minus `b`: paired percentile bootstrap, stratified by subset
public record PairedAccuracy(
    int labelled, @Nullable Double a, @Nullable Double b, @Nullable Interval ci95) {

  /// @param ofB the same rows, in the same order
  public static PairedAccuracy of(List<ItemVotes> ofA, List<ItemVotes> ofB, Bootstrap bootstrap) {
    Map<String, List<double[]>> bySubset = new LinkedHashMap<>();
    int labelled = 0;
    double sumA = 0;
    double sumB = 0;
    for (int i = 0; i < ofA.size(); i++) {
      ItemVotes item = ofA.get(i);
      if (item.isLabelled()) {
        double[] credits = {item.credit(), ofB.get(i).credit()};
        String subset = Objects.requireNonNullElse(item.row().subset(), "");
        bySubset.computeIfAbsent(subset, k -> new ArrayList<>()).add(credits);
        labelled++;
        sumA += credits[0];
        sumB += credits[1];
      }
    }
    if (labelled == 0) {
      return new PairedAccuracy(0, null, null, null);
    }
    List<List<double[]>> strata = List.copyOf(bySubset.values());
    return new PairedAccuracy(
        labelled,
        sumA / labelled,
        sumB / labelled,
        bootstrap.difference(column(strata, 0), column(strata, 1)));
  }

  private static List<double[]> column(List<List<double[]>> strata, int column) {
    return strata.stream()
        .map(items -> items.stream().mapToDouble(item -> item[column]).toArray())
        .toList();
  }

  /// `a` minus `b`.
  public @Nullable Double difference() {
    return a == null || b == null ? null : (Double) (a - b);
  }

  /// Its keys, in the order of the components.
  public void addTo(ObjectNode json) {
    json.put("labelled", labelled).put("accuracy_a", a).put("accuracy_b", b);
    json.put("difference", difference());
    JudgeResults.put(json, "ci95", ci95);
  }
}
