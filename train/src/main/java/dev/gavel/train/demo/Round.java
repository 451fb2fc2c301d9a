package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What a round of a loop was made from.
///
/// @param right the share of the sampled chains that came out right; null where none was sampled
/// @param rows of its training
record Round(@Nullable Double right, int rows) {
  /// @param folder of the round
  static Round read(Path folder) throws IOException {
    JsonNode json = Json.read(folder.resolve("results.json"));
    JsonNode right = json.at("/draws/right");
    return new Round(right.isNumber() ? right.doubleValue() : null, json.get("rows").intValue());
  }
}
