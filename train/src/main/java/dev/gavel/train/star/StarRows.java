package dev.gavel.train.star;

import dev.gavel.tensor.Rng;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Tokenized;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Rows of a round's training, made of chains. Chains that the model sampled are learned as the
/// very tokens that it sampled.
final class StarRows {
  private final Prompts prompts;
  private final int maxPairs;
  private final long seed;

  StarRows(Prompts prompts, int maxPairs, long seed) {
    this.prompts = prompts;
    this.maxPairs = maxPairs;
    this.seed = seed;
  }

  /// Every chain that is right.
  List<ObjectNode> right(List<Chain> chains) {
    return chains.stream().filter(Chain::isRight).map(this::learned).toList();
  }

  /// A row of `sft`.
  private ObjectNode learned(Chain chain) {
    int[] prompt = prompts.ids(chain.row(), chain.order());
    int[] ids = Arrays.copyOf(prompt, prompt.length + chain.ids().length);
    System.arraycopy(chain.ids(), 0, ids, prompt.length, chain.ids().length);
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, prompt.length, Tokenized.IGNORED);
    ObjectNode row = head(chain).put("draw", chain.draw()).put("text", chain.text());
    put(row.putArray("input_ids"), ids);
    put(row.putArray("labels"), labels);
    return row;
  }

  /// Rows of `dpo`: for each question some random pairs of a better and a worse chain, no pair
  /// twice. A question that lacks either gives none.
  List<ObjectNode> pairs(List<Chain> better, List<Chain> worse) {
    Map<String, List<Chain>> losers = byQuestion(worse);
    List<ObjectNode> rows = new ArrayList<>();
    byQuestion(better)
        .forEach((question, winners) -> {
          List<Chain> others = losers.getOrDefault(question, List.of());
          int all = winners.size() * others.size();
          if (all == 0) {
            return;
          }
          int[] order = Rng.permutation(all, seed, Rng.stream("pairs of " + question));
          IntStream.range(0, Math.min(maxPairs, all))
              .map(i -> order[i])
              .forEach(i ->
                  rows.add(pair(winners.get(i / others.size()), others.get(i % others.size()))));
        });
    return rows;
  }

  private static Map<String, List<Chain>> byQuestion(List<Chain> chains) {
    Map<String, List<Chain>> questions = new LinkedHashMap<>();
    for (Chain chain : chains) {
      String question = Json.write(chain.row().id()) + "/" + chain.order();
      questions.computeIfAbsent(question, q -> new ArrayList<>()).add(chain);
    }
    return questions;
  }

  private ObjectNode pair(Chain better, Chain worse) {
    ObjectNode row = head(better);
    row.put("chosen_draw", better.draw()).put("rejected_draw", worse.draw());
    row.put("chosen_text", better.text()).put("rejected_text", worse.text());
    put(row.putArray("prompt_ids"), prompts.ids(better.row(), better.order()));
    put(row.putArray("chosen_ids"), better.ids());
    put(row.putArray("rejected_ids"), worse.ids());
    return row;
  }

  private static ObjectNode head(Chain chain) {
    ObjectNode row = Json.mapper().createObjectNode();
    row.put("pair", Json.write(chain.row().id()));
    return row.put("order", chain.order().name().toLowerCase(Locale.ROOT));
  }

  private static void put(ArrayNode to, int[] ids) {
    for (int id : ids) {
      to.add(id);
    }
  }
}
