package dev.gavel.train.inspect;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Pair;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/// The prompt of a row in one form, to be compared with those of other rows.
///
/// @param column key of the prompt where a row's form does not say it
record RowPrompt(PreferenceRows pairs, String column) {
  /// The prompt of a pair, in whichever form it is written; null where it has none.
  @Nullable JsonNode ofPair(Row row) {
    try {
      if (pairs.isIds(row)) {
        return row.json().get("prompt_ids");
      }
      return switch (pairs.parser().parse(row).answers()) {
        case Pair.Texts texts -> row.json().stringNode(texts.explicit().prompt().orElse(""));
        case Pair.Talks talks -> of(talks.prompt());
      };
    } catch (RowException e) {
      return row.json().get(column);
    }
  }

  /// One user turn is the same as its text.
  static JsonNode of(List<Message> prompt) {
    if (prompt.size() == 1 && prompt.getFirst().role().equals("user")) {
      return Json.mapper().getNodeFactory().stringNode(prompt.getFirst().content());
    }
    ArrayNode turns = Json.mapper().createArrayNode();
    prompt.forEach(m -> turns.add(m.role()).add(m.content()));
    return turns;
  }
}
