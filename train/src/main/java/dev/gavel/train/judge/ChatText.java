package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A conversation as the one text that stands in a judge's prompt for `{chat}`.
final class ChatText {
  private static final Map<String, String> LABELS =
      Map.of("system", "System", "user", "User", "assistant", "Assistant");

  private ChatText() {}

  /// A single user turn is its bare text. Anything longer is labelled by role, turns apart by a
  /// blank line; the paper does not say how, this form is ours for every method. Nothing is
  /// trimmed.
  static String of(List<Message> chat) {
    if (chat.isEmpty()) {
      throw new IllegalArgumentException("the conversation to judge has no turn");
    }
    if (chat.size() == 1 && chat.getFirst().role().equals("user")) {
      return chat.getFirst().content();
    }
    return chat.stream()
        .map(turn -> label(turn.role()) + ": " + turn.content())
        .collect(Collectors.joining("\n\n"));
  }

  private static String label(String role) {
    String label = LABELS.get(role);
    if (label == null) {
      throw new IllegalArgumentException(
          "a turn of the conversation has role '" + role + "'; expected system, user or assistant");
    }
    return label;
  }
}
