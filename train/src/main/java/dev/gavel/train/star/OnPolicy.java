package dev.gavel.train.star;

import dev.gavel.tensor.Scope;
import dev.gavel.train.data.TokenBatch;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.recipe.SftRecipe;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// How likely a round's training chains are under the model that the round begins with: own chains
/// are, others' and explanations in hindsight are not, and the paper (section 5.3) takes that for
/// the reason why learning from them generalises worse.
final class OnPolicy {
  /// Tokens of a forward pass, unless one row has more.
  private static final int TOKENS = 4096;

  private OnPolicy() {}

  /// Mean log-probability of a token, in nats.
  ///
  /// @param chosen of what is learned
  /// @param rejected of what is learned against; null where there is none
  record LogProbs(double chosen, @Nullable Double rejected) {}

  /// @param rows of `sft` or `dpo`, as ids
  /// @return null when interrupted
  static @Nullable LogProbs of(ModelOptions options, List<ObjectNode> rows, BooleanSupplier stop)
      throws IOException {
    try (LoadedModel model = LoadedModel.open(options)) {
      boolean pairs = rows.getFirst().has("chosen_ids");
      Double chosen = mean(model, rows.stream().map(r -> row(r, "chosen_ids")).toList(), stop);
      Double rejected =
          pairs ? mean(model, rows.stream().map(r -> row(r, "rejected_ids")).toList(), stop) : null;
      return chosen == null || (pairs && rejected == null) ? null : new LogProbs(chosen, rejected);
    }
  }

  private static Tokenized row(JsonNode row, String side) {
    if (row.has("input_ids")) {
      return new Tokenized(ints(row.get("input_ids")), ints(row.get("labels")));
    }
    int[] prompt = ints(row.get("prompt_ids"));
    int[] ids =
        IntStream.concat(Arrays.stream(prompt), Arrays.stream(ints(row.get(side)))).toArray();
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, prompt.length, Tokenized.IGNORED);
    return new Tokenized(ids, labels);
  }

  private static int[] ints(JsonNode list) {
    return list.valueStream().mapToInt(JsonNode::intValue).toArray();
  }

  private static @Nullable Double mean(
      LoadedModel model, List<Tokenized> rows, BooleanSupplier stop) {
    double sum = 0;
    long count = 0;
    for (int i = 0; i < rows.size(); ) {
      if (stop.getAsBoolean()) {
        return null;
      }
      List<Tokenized> batch = new ArrayList<>();
      int tokens = 0;
      while (i < rows.size() && (batch.isEmpty() || tokens + rows.get(i).length() <= TOKENS)) {
        tokens += rows.get(i).length();
        batch.add(rows.get(i++));
      }
      try (Scope _ = Scope.open()) {
        double[] found = SftRecipe.score(model.llama(), TokenBatch.of(batch)).values().toDoubles();
        sum += Arrays.stream(found).sum();
        count += found.length;
      }
    }
    return count == 0 ? null : sum / count;
  }
}
