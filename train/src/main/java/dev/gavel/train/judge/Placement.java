package dev.gavel.train.judge;

import dev.gavel.tensor.Rng;
import dev.gavel.tensor.io.Json;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// In which orders a pair is put to the judge. A drawn order depends on the seed and the row's id
/// alone, not on the rows around it, so that a shard, a subset or another order of the file asks
/// the same questions (what goes wrong otherwise: allenai/reward-bench#272).
public final class Placement {
  /// What `--order` may say.
  public enum Mode {
    /// One order, by a fair coin from (seed, id).
    SEEDED,
    /// Both, `ab` first.
    BOTH,
    /// Always `ab`.
    AS_GIVEN
  }

  private final Mode mode;
  private final long seed;

  public Placement(Mode mode, long seed) {
    this.mode = mode;
    this.seed = seed;
  }

  /// The orders to ask, in the order in which `votes.jsonl` lists them.
  ///
  /// @param id the row's id, a string or a number: `"7"` and `7` are two ids
  public List<Order> orders(JsonNode id) {
    return switch (mode) {
      case AS_GIVEN -> List.of(Order.AB);
      case BOTH -> List.of(Order.AB, Order.BA);
      case SEEDED -> List.of(coin(id) ? Order.AB : Order.BA);
    };
  }

  private boolean coin(JsonNode id) {
    return Rng.below(2, seed, Rng.stream("order of " + Json.write(id)), 0) == 0;
  }
}
