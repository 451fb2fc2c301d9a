package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// Dialogues as HH-RLHF writes them: turns after `\n\nHuman:` and `\n\nAssistant:`.
final class Transcript {
  private static final Pattern TURN = Pattern.compile("\n\n(Human|Assistant):");

  private Transcript() {}

  static boolean begins(JsonNode value) {
    return value.isString() && value.stringValue().startsWith("\n\nHuman:");
  }

  /// The turns, their texts without blanks around them.
  ///
  /// @throws RowException when the text does not begin with a turn
  static List<Message> turns(Row row, String key) throws RowException {
    String text = row.text(key);
    Matcher turn = TURN.matcher(text);
    List<Message> turns = new ArrayList<>();
    String role = "";
    int from = 0;
    while (turn.find()) {
      if (turns.isEmpty() && role.isEmpty()) {
        if (turn.start() != 0) {
          break;
        }
      } else {
        turns.add(new Message(role, text.substring(from, turn.start()).strip()));
      }
      role = turn.group(1).equals("Human") ? "user" : "assistant";
      from = turn.end();
    }
    if (role.isEmpty()) {
      throw new RowException(
          "'%s' is %s, expected a transcript that begins with a line 'Human:' after a blank line"
              .formatted(key, Texts.kind(row.value(key))));
    }
    turns.add(new Message(role, text.substring(from).strip()));
    return turns;
  }
}
