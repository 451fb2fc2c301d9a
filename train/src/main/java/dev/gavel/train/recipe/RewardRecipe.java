package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.TokenizedPair;
import dev.gavel.train.data.Truncation;
import dev.gavel.train.loss.BradleyTerry;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A reward model (Bradley & Terry 1952; *Generative Reward Models*, Eq. 2): chosen and rejected
/// sequences of a micro-batch go through the model together, each with one value at its last token.
///
/// A step's loss is one mean over all its pairs.
final class RewardRecipe extends BatchRecipe<TokenizedPair, RewardRecipe.RewardSums> {
  private final BradleyTerry loss;

  private RewardRecipe(RunRows<TokenizedPair> rows, RewardConfig config) {
    super(rows, config);
    loss = new BradleyTerry(config.centerRewardsCoefficient());
  }

  static RewardRecipe read(RewardConfig config, ModelSource source, PrintStream err)
      throws IOException {
    RunRows<TokenizedPair> rows =
        PreferenceData.read(
            config, source, PreferenceRows.Use.REWARD, config.rows(), Truncation.KEEP_START, err);
    return new RewardRecipe(rows, config);
  }

  @Override
  RewardSums sums() {
    return new RewardSums();
  }

  @Override
  long terms(List<TokenizedPair> batch) {
    return batch.size();
  }

  @Override
  int headRows(TokenizedPair row) {
    return 0;
  }

  @Override
  Tensor loss(Llama model, List<TokenizedPair> batch, RewardSums sums) {
    List<int[]> sequences = new ArrayList<>();
    batch.forEach(pair -> sequences.add(pair.chosen().ids()));
    batch.forEach(pair -> sequences.add(pair.rejected().ids()));
    int b = batch.size();
    Tensor rewards = Values.of(model, sequences);
    double[] margins = batch.stream().mapToDouble(TokenizedPair::margin).toArray();
    Tensor margin = model.device().of(rewards.dtype(), margins, Shape.of(b));
    Tensor values = loss.values(rewards.slice(0, b), rewards.slice(b, 2L * b), margin);
    sums.add(rewards.toDoubles(), values.toDoubles());
    return values.sum();
  }

  /// TRL's figures, over all pairs of a step or an evaluation.
  static final class RewardSums implements Sums {
    private double loss;
    private double accuracy;
    private double margin;
    private double reward;
    private double least = Double.POSITIVE_INFINITY;
    private double most = Double.NEGATIVE_INFINITY;
    private int pairs;

    /// @param rewards of the chosen ones, then of the rejected ones
    void add(double[] rewards, double[] losses) {
      int b = losses.length;
      for (int i = 0; i < b; i++) {
        double chosen = rewards[i];
        double rejected = rewards[b + i];
        loss += losses[i];
        accuracy += chosen > rejected ? 1 : 0;
        margin += chosen - rejected;
        reward += (chosen + rejected) / 2;
        least = Math.min(least, Math.min(chosen, rejected));
        most = Math.max(most, Math.max(chosen, rejected));
      }
      pairs += b;
    }

    @Override
    public Map<String, Double> means() {
      Map<String, Double> means = new LinkedHashMap<>();
      means.put("loss", loss / pairs);
      means.put("min_reward", least);
      means.put("mean_reward", reward / pairs);
      means.put("max_reward", most);
      means.put("accuracy", accuracy / pairs);
      means.put("margin", margin / pairs);
      return means;
    }
  }
}
