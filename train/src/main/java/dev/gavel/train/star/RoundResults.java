package dev.gavel.train.star;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.Outcome;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Side;
import dev.gavel.train.judge.VerdictRule;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a round's chains were like, and what became of them.
final class RoundResults {
  private RoundResults() {}

  static ObjectNode of(
      int number,
      List<PairRow> pairs,
      Round.Gathered gathered,
      List<ObjectNode> rows,
      StarConfig config) {
    ObjectNode json = Json.mapper().createObjectNode();
    json.put("iteration", number);
    json.put("mode", config.star().mode().name().toLowerCase(Locale.ROOT));
    json.put("pairs", pairs.size());
    draws(json.putObject("draws"), gathered);
    json.put("explained", gathered.explained().size());
    json.put("explanations_cut_off", gathered.unfinished());
    json.put("rows", rows.size());
    json.put("rows_per_pair", (double) rows.size() / pairs.size());
    json.put("pairs_used", used(rows));
    return json;
  }

  private static int used(List<ObjectNode> rows) {
    Set<JsonNode> ids = new HashSet<>();
    rows.forEach(row -> ids.add(row.get("pair")));
    return ids.size();
  }

  private static void draws(ObjectNode json, Round.Gathered gathered) {
    List<Chain> chains = gathered.own();
    json.put("n", chains.size());
    json.put("right", share(chains, Chain::isRight));
    json.put("wrong", share(chains, Chain::isWrong));
    json.put("parse_rate", share(chains, c -> c.outcome() != null));
    json.put("abstain_rate", share(chains, c -> c.outcome() == null));
    json.put(
        "cut_off_rate",
        chains.isEmpty() ? null : (Double) ((double) gathered.cutOff() / chains.size()));
    json.put("both_marks", chains.stream().filter(c -> VerdictRule.hasBothMarks(c.text())).count());
    List<Chain> read = chains.stream().filter(c -> c.outcome() != null).toList();
    json.put("a_rate", share(read, RoundResults::saysA));
    json.put("tokens_right", length(chains, Chain::isRight));
    json.put("tokens_wrong", length(chains, Chain::isWrong));
  }

  /// The verdict is A when the response that it prefers stands there.
  private static boolean saysA(Chain c) {
    boolean first = (c.outcome() == Outcome.CHOSEN) == (c.row().better() == Side.FIRST);
    return first == (c.order() == Order.AB);
  }

  private static @Nullable Double share(List<Chain> chains, Predicate<Chain> which) {
    return chains.isEmpty() ? null : (double) chains.stream().filter(which).count() / chains.size();
  }

  private static @Nullable Double length(List<Chain> chains, Predicate<Chain> which) {
    var lengths = chains.stream().filter(which).mapToInt(c -> c.ids().length).average();
    return lengths.isPresent() ? lengths.getAsDouble() : null;
  }
}
