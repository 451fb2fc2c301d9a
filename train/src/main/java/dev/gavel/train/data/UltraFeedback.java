package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Pair.Better;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;

/// UltraFeedback as first published: four rated answers to an instruction. As in its binarized form
/// the best one stands against one of the others, drawn at random; equal scores are a tie.
///
/// Files from before December 2023 hold 2,628 answers whose `overall_score` of 1 was read as 10. A
/// 10 that the answer's own ratings contradict (their mean is below 4 of 5) does not count.
final class UltraFeedback {
  private static final double MISREAD = 10;
  private static final double LEAST_RATING_OF_A_TEN = 4;

  private final long seed;

  UltraFeedback(long seed) {
    this.seed = seed;
  }

  private record Rated(String text, double score) {}

  /// @throws RowException when fewer than two answers have a score that counts
  Pair parse(Row row) throws RowException {
    String instruction = row.text("instruction");
    List<Rated> rated = new ArrayList<>();
    JsonNode completions = row.value("completions");
    for (int i = 0; i < completions.size(); i++) {
      JsonNode completion = completions.get(i);
      String where = "completions[" + i + "]";
      JsonNode response = completion.path("response");
      if (!response.isString()) {
        throw new RowException("'%s' has no text 'response'".formatted(where));
      }
      double score = number(completion, "overall_score").orElse(Double.NaN);
      if (!Double.isNaN(score) && !misread(completion, score)) {
        rated.add(new Rated(Texts.wellFormed(response.stringValue()), score));
      }
    }
    if (rated.size() < 2) {
      throw new RowException(
          "%d of %d completions have an 'overall_score' that counts, expected 2 at least"
              .formatted(rated.size(), completions.size()));
    }
    return pair(row, instruction, rated);
  }

  private Pair pair(Row row, String instruction, List<Rated> rated) {
    Rated best = rated.getFirst();
    for (Rated other : rated) {
      best = other.score > best.score ? other : best;
    }
    List<Rated> others = new ArrayList<>(rated);
    others.remove(best);
    String name = row.ownId() == null ? instruction : Json.write(row.ownId());
    int drawn = Rng.below(others.size(), seed, Rng.stream("partner in " + name), 0);
    Rated other = others.get(drawn);
    return new Pair(
        new Pair.Talks(
            List.of(Message.user(instruction)),
            List.of(Message.assistant(best.text)),
            List.of(Message.assistant(other.text))),
        best.score == other.score ? Better.TIE : Better.FIRST);
  }

  private static boolean misread(JsonNode completion, double score) {
    if (score != MISREAD) {
      return false;
    }
    OptionalDouble mean = number(completion, "fine-grained_score");
    if (mean.isEmpty()) {
      mean =
          completion
              .path("annotations")
              .valueStream()
              .map(a -> number(a, "Rating"))
              .filter(OptionalDouble::isPresent)
              .mapToDouble(OptionalDouble::getAsDouble)
              .average();
    }
    return mean.isPresent() && mean.getAsDouble() < LEAST_RATING_OF_A_TEN;
  }

  /// Ratings are written as texts, some of them `N/A`.
  private static OptionalDouble number(JsonNode object, String key) {
    JsonNode value = object.path(key);
    if (value.isNumber()) {
      return OptionalDouble.of(value.doubleValue());
    }
    try {
      return value.isString()
          ? OptionalDouble.of(Double.parseDouble(value.stringValue()))
          : OptionalDouble.empty();
    } catch (NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }
}
