package dev.gavel.train.inspect;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.PairFormat;
import dev.gavel.train.data.PairParser;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What rows have in common that must not stand in two splits.
///
/// @param text equal for rows that belong together
record RowKey(By by, String text) {
  /// What makes them belong together.
  enum By {
    /// The root of UltraInteract's tree.
    ROOT,
    /// The prompt.
    PROMPT,
    /// All of the row but its id, where it has no prompt.
    ROW;

    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static RowKey of(Row row, RowPrompt prompts) throws RowException {
    Optional<String> root = PairParser.root(row);
    if (root.isPresent()) {
      return new RowKey(By.ROOT, root.get());
    }
    JsonNode prompt = prompt(row, prompts);
    return prompt == null || isEmpty(prompt)
        ? new RowKey(By.ROW, Json.write(Repeats.content(row.json())))
        : new RowKey(By.PROMPT, Json.write(prompt));
  }

  private static boolean isEmpty(JsonNode prompt) {
    return prompt.isNull()
        || (prompt.isArray() && prompt.isEmpty())
        || (prompt.isString() && prompt.stringValue().isEmpty());
  }

  private static @Nullable JsonNode prompt(Row row, RowPrompt prompts) {
    if (PairFormat.isPair(row)) {
      return prompts.ofPair(row);
    }
    if (row.has(prompts.column())) {
      List<Message> turns = messages(row, prompts.column());
      return turns.isEmpty() ? row.json().get(prompts.column()) : RowPrompt.of(turns);
    }
    List<Message> turns = messages(row, "messages");
    List<Message> opening = turns.stream().takeWhile(m -> !m.role().equals("assistant")).toList();
    return opening.isEmpty() ? null : RowPrompt.of(opening);
  }

  /// A conversation; empty where none stands there.
  private static List<Message> messages(Row row, String key) {
    try {
      return row.messages(key);
    } catch (RowException e) {
      return List.of();
    }
  }
}
