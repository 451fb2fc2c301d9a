package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Conversations and responses as rows write them: as a text, or as a list of messages.
final class Messages {
  private Messages() {}

  /// A text is one user turn.
  static List<Message> conversation(JsonNode value, String key, String where)
      throws FormatException {
    if (value.isString()) {
      return List.of(Message.user(value.stringValue()));
    }
    if (!value.isArray() || value.isEmpty()) {
      throw new FormatException(
          "%s: '%s' is %s, expected a text or a list of messages"
              .formatted(where, key, value.isArray() ? "empty" : value.getNodeType()));
    }
    List<Message> turns = new ArrayList<>(value.size());
    for (JsonNode message : value) {
      JsonNode role = message.path("role");
      JsonNode content = message.path("content");
      if (!role.isString() || !content.isString()) {
        throw new FormatException(
            "%s: '%s' holds %s, expected messages {\"role\", \"content\"}"
                .formatted(where, key, message));
      }
      turns.add(new Message(role.stringValue(), content.stringValue()));
    }
    return List.copyOf(turns);
  }

  /// A response is a text, or a list whose last message is the assistant's; what stands before it
  /// must be the prompt (UltraFeedback repeats it) or nothing.
  static String response(JsonNode value, List<Message> prompt, String key, String where)
      throws FormatException {
    if (value.isString()) {
      return value.stringValue();
    }
    List<Message> turns = conversation(value, key, where);
    Message last = turns.getLast();
    List<Message> before = turns.subList(0, turns.size() - 1);
    if (!last.role().equals("assistant")) {
      throw new FormatException(
          "%s: the last message of '%s' has role '%s', expected assistant"
              .formatted(where, key, last.role()));
    }
    if (!before.isEmpty() && !before.equals(prompt)) {
      throw new FormatException(
          "%s: '%s' begins with another conversation than the prompt".formatted(where, key));
    }
    return last.content();
  }
}
