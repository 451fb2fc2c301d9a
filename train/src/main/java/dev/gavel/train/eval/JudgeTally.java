package dev.gavel.train.eval;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Vote;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Counts the votes of a judge, line by line, so that a file of any size needs little memory.
public final class JudgeTally {
  private final List<ItemVotes> items = new ArrayList<>();
  private final Map<String, ItemVotes> byId = new HashMap<>();

  /// @param rows with distinct ids
  public JudgeTally(List<PairRow> rows) {
    for (PairRow row : rows) {
      ItemVotes item = new ItemVotes(row);
      items.add(item);
      if (byId.putIfAbsent(key(row.id()), item) != null) {
        throw new IllegalArgumentException("two rows have id " + row.id());
      }
    }
  }

  /// @throws IllegalArgumentException where no row has the vote's id
  public void add(Vote vote) {
    ItemVotes item = byId.get(key(vote.id()));
    if (item == null) {
      throw new IllegalArgumentException(
          "a vote is on row " + vote.id() + ", which the data does not have");
    }
    item.add(vote);
  }

  /// The rows and their votes, in the order of the rows.
  public List<ItemVotes> items() {
    return List.copyOf(items);
  }

  /// The figures of a finished folder.
  ///
  /// @param bothOrders whether each row was asked in both orders
  /// @param seed of the resamples behind `ci95`
  public JudgeResults results(boolean bothOrders, long seed) {
    return JudgeResults.of(items, bothOrders, new Bootstrap(seed, Bootstrap.RESAMPLES));
  }

  private static String key(JsonNode id) {
    return Json.write(id);
  }
}
