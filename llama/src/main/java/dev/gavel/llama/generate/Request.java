package dev.gavel.llama.generate;

import java.util.List;
import java.util.Set;

/// What to generate from one prompt.
///
/// @param id decides the draws together with `seed`: the same id and seed give the same samples,
///   whatever runs beside it
/// @param prompt token ids, at least one
/// @param n samples; they share the prompt's cache
/// @param stopIds tokens that end a sample; they are part of its ids
/// @param stopStrings texts that end a sample; they are not part of its text
/// @param maxNewTokens most tokens of a sample
public record Request(
    String id,
    int[] prompt,
    int n,
    Sampling sampling,
    Set<Integer> stopIds,
    List<String> stopStrings,
    int maxNewTokens,
    long seed) {
  public Request {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt is empty: at least one token is needed");
    }
    if (n < 1 || maxNewTokens < 1) {
      throw new IllegalArgumentException(
          "n is %d and max_new_tokens is %d, both are at least 1".formatted(n, maxNewTokens));
    }
    stopIds = Set.copyOf(stopIds);
    stopStrings = List.copyOf(stopStrings);
    if (stopStrings.contains("")) {
      throw new IllegalArgumentException("a stop string is empty");
    }
  }
}
