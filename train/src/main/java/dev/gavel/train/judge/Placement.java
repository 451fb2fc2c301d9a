package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.RandomBits;
import java.nio.charset.StandardCharsets;
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

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final Mode mode;
  private final long seed;
  private final RandomBits random;

  public Placement(Mode mode, long seed, RandomBits random) {
    this.mode = mode;
    this.seed = seed;
    this.random = random;
  }

  /// The orders to ask, in the order in which `votes.jsonl` lists them.
  ///
  /// @param id the row's id, a string or a number: `"7"` and `7` are two ids
  public List<Order> orders(JsonNode id) {
    return switch (mode) {
      case AS_GIVEN -> List.of(Order.AB);
      case BOTH -> List.of(Order.AB, Order.BA);
      case SEEDED ->
          List.of(random.bits(seed, stream(id), 0) < 0 ? Order.BA : Order.AB); // the top bit
    };
  }

  /// The number of an id among random streams: FNV-1a, 64 bits, of its JSON text in UTF-8.
  public static long stream(JsonNode id) {
    long hash = FNV_OFFSET;
    for (byte b : Json.write(id).getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * FNV_PRIME;
    }
    return hash;
  }
}
