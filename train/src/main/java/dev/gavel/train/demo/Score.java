package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.Bootstrap.Interval;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// How well a judge does on a section, or on several with equal weight.
///
/// @param maj Maj@k, entry k - 1; empty when no vote could be read
/// @param bands 95 % of `maj`, by bootstrap over pairs inside their section
/// @param abstainRate votes without a verdict / votes
record Score(
    String section, int pairs, List<Double> maj, List<Interval> bands, double abstainRate) {
  Score {
    maj = List.copyOf(maj);
    bands = List.copyOf(bands);
  }

  static Score of(Part part, Bootstrap bootstrap) {
    String section = part.title();
    List<Judged> all = part.all();
    long votes = all.stream().mapToLong(j -> j.count().draws()).sum();
    double abstain = (double) all.stream().mapToLong(j -> j.count().unread()).sum() / votes;
    if (all.stream().noneMatch(Judged::isReadable)) {
      return new Score(section, all.size(), List.of(), List.of(), abstain);
    }
    List<double[][]> curves =
        part.strata().stream()
            .map(stratum -> stratum.stream().map(Judged::curve).toArray(double[][]::new))
            .toList();
    List<Double> maj =
        IntStream.range(0, curves.getFirst()[0].length)
            .mapToObj(
                k -> curves.stream().mapToDouble(stratum -> mean(stratum, k)).sum() / curves.size())
            .toList();
    return new Score(section, all.size(), maj, bootstrap.means(curves), abstain);
  }

  private static double mean(double[][] curves, int k) {
    double sum = 0;
    for (double[] curve : curves) {
      sum += curve[k];
    }
    return sum / curves.length;
  }

  boolean isReadable() {
    return !maj.isEmpty();
  }

  /// All votes.
  double accuracy() {
    return maj.getLast();
  }

  /// `maj`, `accuracy` (all votes) and `ci95` as `judge` writes them.
  ObjectNode toJson() {
    ObjectNode node = Json.mapper().createObjectNode().put("n", pairs);
    if (isReadable()) {
      ObjectNode curve = node.putObject("maj");
      for (int k = 1; k <= maj.size(); k++) {
        curve.put(Integer.toString(k), maj.get(k - 1));
      }
      node.put("accuracy", accuracy());
      ArrayNode interval = node.putArray("ci95");
      interval.add(bands.getLast().low()).add(bands.getLast().high());
    } else {
      node.putNull("maj").putNull("accuracy").putNull("ci95");
    }
    return node.put("abstain_rate", abstainRate);
  }
}
