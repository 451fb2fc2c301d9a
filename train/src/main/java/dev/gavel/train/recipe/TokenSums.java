package dev.gavel.train.recipe;

import dev.gavel.tensor.op.Ops;
import java.util.LinkedHashMap;
import java.util.Map;

/// Sums over the labelled tokens of a step or an evaluation.
final class TokenSums implements BatchRecipe.Sums {
  private double nll;
  private double entropy;
  private double hits;
  private long labels;

  void add(Ops.LogProbs scored) {
    double[] logProbs = scored.values().toDoubles();
    double[] stats = scored.stats().toDoubles();
    for (int i = 0; i < logProbs.length; i++) {
      nll -= logProbs[i];
      entropy += stats[3 * i + 1];
      hits += stats[3 * i + 2];
    }
    labels += logProbs.length;
  }

  /// In nats.
  @Override
  public Map<String, Double> means() {
    Map<String, Double> means = new LinkedHashMap<>();
    means.put("loss", nll / labels);
    means.put("entropy", entropy / labels);
    means.put("mean_token_accuracy", hits / labels);
    return means;
  }
}
