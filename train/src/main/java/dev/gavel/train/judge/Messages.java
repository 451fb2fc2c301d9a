package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Conversations and responses as rows write them: as a text, or as a list of messages.
final class Messages {
  private Messages() {}

  /// A text is one user turn.
  static List<Message> conversation(Row row, String key) throws RowException {
    JsonNode value = row.value(key);
    if (!value.isArray()) {
      return List.of(Message.user(row.text(key)));
    }
    if (value.isEmpty()) {
      throw new RowException("'" + key + "' is empty, expected a text or messages");
    }
    List<Message> messages = new ArrayList<>(value.size());
    for (JsonNode message : value) {
      JsonNode role = message.path("role");
      JsonNode content = message.path("content");
      if (!role.isString() || !content.isString()) {
        throw new RowException(
            "'%s' holds %s, expected messages {\"role\", \"content\"}".formatted(key, message));
      }
      messages.add(new Message(role.stringValue(), content.stringValue()));
    }
    return List.copyOf(messages);
  }

  /// A response is a text, or a list whose last message is the assistant's; what stands before it
  /// must be the prompt (UltraFeedback repeats it) or nothing.
  static String response(Row row, String key, List<Message> prompt) throws RowException {
    if (!row.value(key).isArray()) {
      return row.text(key);
    }
    List<Message> messages = conversation(row, key);
    Message last = messages.getLast();
    List<Message> before = messages.subList(0, messages.size() - 1);
    if (!last.role().equals("assistant")) {
      throw new RowException(
          "the last message of '%s' has role '%s', expected assistant".formatted(key, last.role()));
    }
    if (!before.isEmpty() && !before.equals(prompt)) {
      throw new RowException("'" + key + "' begins with another conversation than the prompt");
    }
    return last.content();
  }
}
