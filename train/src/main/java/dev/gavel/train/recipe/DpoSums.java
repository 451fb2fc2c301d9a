package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Tensor;
import dev.gavel.train.loss.PairLogProbs;
import dev.gavel.train.loss.PreferenceLoss;
import java.util.LinkedHashMap;
import java.util.Map;

/// TRL's figures of a preference step, over all its pairs and tokens.
final class DpoSums {
  private double loss;
  private double entropy;
  private double hits;
  private final double[] logits = new double[2];
  private final double[] rewards = new double[2];
  private final double[] logps = new double[2];
  private double accuracy;
  private final long[] tokens = new long[2];
  private long pairs;

  /// @param share of the step's loss
  boolean add(
      Tensor share, PairLogProbs p, PreferenceLoss.Rewards given, PairScores scores, Llama model) {
    loss += share.item();
    double[] chosen = given.chosen().toDoubles();
    double[] rejected = given.rejected().toDoubles();
    double[] chosenLogps = p.chosen().toDoubles();
    double[] rejectedLogps = p.rejected().toDoubles();
    for (int i = 0; i < chosen.length; i++) {
      rewards[0] += chosen[i];
      rewards[1] += rejected[i];
      accuracy += chosen[i] > rejected[i] ? 1 : 0;
      logps[0] += chosenLogps[i];
      logps[1] += rejectedLogps[i];
    }
    pairs += chosen.length;
    addTokens(scores, model.meanLogits(scores.before()));
    return true;
  }

  private void addTokens(PairScores scores, double[] means) {
    double[] stats = scores.tokens().stats().toDoubles();
    for (int i = 0; i < means.length; i++) {
      int side = i < scores.chosenTokens() ? 0 : 1;
      logits[side] += means[i];
      tokens[side]++;
      entropy += stats[3 * i + 1];
      hits += side == 0 ? stats[3 * i + 2] : 0;
    }
  }

  /// `logits/*` are means over completion tokens of the mean over the vocabulary; `logps/*` sums
  /// over a completion's tokens, means over pairs; accuracy of tokens is that of chosen ones.
  Map<String, Double> means() {
    Map<String, Double> means = new LinkedHashMap<>();
    means.put("loss", loss);
    means.put("entropy", ratio(entropy, tokens[0] + tokens[1]));
    means.put("mean_token_accuracy", ratio(hits, tokens[0]));
    means.put("logits/chosen", ratio(logits[0], tokens[0]));
    means.put("logits/rejected", ratio(logits[1], tokens[1]));
    means.put("rewards/chosen", rewards[0] / pairs);
    means.put("rewards/rejected", rewards[1] / pairs);
    means.put("rewards/accuracies", accuracy / pairs);
    means.put("rewards/margins", (rewards[0] - rewards[1]) / pairs);
    means.put("logps/chosen", logps[0] / pairs);
    means.put("logps/rejected", logps[1] / pairs);
    return means;
  }

  private static double ratio(double sum, long count) {
    return count == 0 ? 0 : sum / count;
  }
}
