package dev.gavel.train.judge;

import dev.gavel.train.data.PairFormat;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Rows as they were read, for judges that tokenise them as training does.
///
/// @param byId the rows that are judged
/// @param reading how their pairs were read from them
/// @param first of all rows of the call: it decides whether plain texts get an end token
///   ([PreferenceRows]), whatever shard it belongs to and whether or not it is judged already
record JudgedRows(Map<JsonNode, Row> byId, PreferenceRows.Options reading, @Nullable Row first) {
  /// Nothing was read from a file.
  static final JudgedRows NONE = new JudgedRows(Map.of(), PreferenceRows.Options.DEFAULT, null);

  /// No row yet.
  ///
  /// @param format that every row has; empty: recognised row by row
  /// @param seed of random partners ([PairFormat#ULTRAFEEDBACK])
  static JudgedRows startingWith(Row first, Optional<PairFormat> format, long seed) {
    return new JudgedRows(new HashMap<>(), PreferenceRows.Options.reading(format, seed), first);
  }
}
