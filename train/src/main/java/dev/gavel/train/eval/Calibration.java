package dev.gavel.train.eval;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Whether a judge is right as often as its P says. P of an item is that of [ItemVotes#logOdds]:
/// measured, or the share of votes, smoothed.
///
/// @param n items whose label can be met
/// @param brier mean of (1 - P(the labelled response))²
/// @param ece expected calibration error (Guo et al., arXiv 1706.04599, Eq. 5): mean over the items
///   of their bin's |accuracy - confidence|
/// @param bins ten equal bins of the confidence, max(P, 1 - P), from 0; the lower five are empty
///   where there are two answers
public record Calibration(int n, double brier, double ece, List<Bin> bins) {
  private static final int BINS = 10;

  /// Items whose confidence lies in [low, high), of the last bin in [low, high].
  ///
  /// @param confidence its mean; null without items
  /// @param accuracy share of items whose preferred response is the labelled one, P = ½ counting
  ///   half
  public record Bin(
      double low, double high, int n, @Nullable Double confidence, @Nullable Double accuracy) {}

  /// @param labelled items whose label can be met, at least one
  static Calibration of(List<ItemVotes> labelled) {
    int[] n = new int[BINS];
    double[] confidences = new double[BINS];
    double[] right = new double[BINS];
    double squares = 0;
    for (ItemVotes item : labelled) {
      double p = item.probability(item.labelled());
      double confidence = Math.max(p, 1 - p);
      int bin = Math.min((int) (confidence * BINS), BINS - 1);
      n[bin]++;
      confidences[bin] += confidence;
      right[bin] += p > 0.5 ? 1 : p < 0.5 ? 0 : 0.5;
      squares += (1 - p) * (1 - p);
    }
    double error = 0;
    List<Bin> bins = new ArrayList<>();
    for (int i = 0; i < BINS; i++) {
      boolean some = n[i] > 0;
      error += Math.abs(right[i] - confidences[i]);
      bins.add(
          new Bin(
              (double) i / BINS,
              (i + 1.0) / BINS,
              n[i],
              some ? (Double) (confidences[i] / n[i]) : null,
              some ? (Double) (right[i] / n[i]) : null));
    }
    return new Calibration(
        labelled.size(), squares / labelled.size(), error / labelled.size(), bins);
  }

  void addTo(ObjectNode node) {
    node.put("n", n).put("brier", brier).put("ece", ece);
    var list = node.putArray("bins");
    for (Bin bin : bins) {
      list.addObject()
          .put("low", bin.low)
          .put("high", bin.high)
          .put("n", bin.n)
          .put("confidence", bin.confidence)
          .put("accuracy", bin.accuracy);
    }
  }
}
