package dev.gavel.train.judge;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Scope;
import dev.gavel.train.data.TokenBatch;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.recipe.SftRecipe;
import dev.gavel.train.recipe.Values;
import java.util.ArrayList;
import java.util.List;

/// What a response is worth by itself.
public sealed interface ResponseScorer {
  /// @param responses whole sequences; labels on what is the response
  double[] scores(List<Tokenized> responses);

  /// Tokens that a sequence may have.
  int context();

  /// A reward model's value.
  record BradleyTerryScorer(LoadedModel model) implements ResponseScorer {
    @Override
    public double[] scores(List<Tokenized> responses) {
      try (Scope _ = Scope.open()) {
        return Values.of(model.llama(), responses.stream().map(Tokenized::ids).toList())
            .toDoubles();
      }
    }

    @Override
    public int context() {
      return model.llama().config().maxPositionEmbeddings();
    }
  }

  /// The implicit reward of a policy: beta times the log-ratio of the response's probabilities
  /// (Rafailov et al., arXiv 2305.18290, Eq. 5; what depends on the prompt alone is left out).
  record ImplicitReward(LoadedModel policy, LoadedModel reference, double beta)
      implements ResponseScorer {
    @Override
    public double[] scores(List<Tokenized> responses) {
      double[] scores = sums(policy.llama(), responses);
      double[] reference = sums(this.reference.llama(), responses);
      for (int i = 0; i < scores.length; i++) {
        scores[i] = beta * (scores[i] - reference[i]);
      }
      return scores;
    }

    private static double[] sums(Llama model, List<Tokenized> responses) {
      try (Scope _ = Scope.open()) {
        double[] tokens =
            SftRecipe.score(model, TokenBatch.of(new ArrayList<>(responses))).values().toDoubles();
        double[] sums = new double[responses.size()];
        int at = 0;
        for (int i = 0; i < sums.length; i++) {
          for (int n = responses.get(i).scored(); n > 0; n--) {
            sums[i] += tokens[at++];
          }
        }
        return sums;
      }
    }

    @Override
    public int context() {
      return Math.min(
          policy.llama().config().maxPositionEmbeddings(),
          reference.llama().config().maxPositionEmbeddings());
    }
  }
}
