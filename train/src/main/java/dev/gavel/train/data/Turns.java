package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Message;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// The turns of pairs that are conversations.
final class Turns {
  private Turns() {}

  /// A text is one user turn.
  static List<Message> conversation(Row row, String key) throws RowException {
    return turns(row, key, "user");
  }

  private static List<Message> turns(Row row, String key, String role) throws RowException {
    JsonNode value = row.value(key);
    return value.isArray() ? row.messages(key) : List.of(new Message(role, row.text(key)));
  }

  /// Prompt and answers of a row that has all three. An answer is a text, or messages with the
  /// prompt's in front of them (UltraFeedback repeats it) or without.
  static Pair.Talks talks(Row row, String prompt, String first, String second) throws RowException {
    List<Message> turns = conversation(row, prompt);
    if (row.value(prompt).isString()) {
      turns = withSystem(row, first, second, turns);
    }
    return new Pair.Talks(
        turns,
        answer(first, turns(row, first, "assistant"), turns),
        answer(second, turns(row, second, "assistant"), turns));
  }

  /// A prompt that is a text, with the system turn that both answers put in front of it.
  private static List<Message> withSystem(
      Row row, String first, String second, List<Message> prompt) throws RowException {
    List<Message> a = turns(row, first, "assistant");
    List<Message> b = turns(row, second, "assistant");
    boolean system =
        a.getFirst().role().equals("system")
            && a.getFirst().equals(b.getFirst())
            && a.size() > 1
            && a.get(1).equals(prompt.getFirst());
    return system ? List.of(a.getFirst(), prompt.getFirst()) : prompt;
  }

  private static List<Message> answer(String key, List<Message> turns, List<Message> prompt)
      throws RowException {
    boolean repeats = turns.size() > prompt.size() && startsWith(turns, prompt);
    List<Message> answer = repeats ? turns.subList(prompt.size(), turns.size()) : turns;
    endsWithAssistant(key, answer);
    String role = answer.getFirst().role();
    if (!repeats && (role.equals("user") || role.equals("system"))) {
      throw new RowException("'" + key + "' begins with another conversation than the prompt");
    }
    return answer;
  }

  private static boolean startsWith(List<Message> turns, List<Message> prompt) {
    return turns.subList(0, prompt.size()).equals(prompt);
  }

  private static void endsWithAssistant(String key, List<Message> turns) throws RowException {
    String role = turns.getLast().role();
    if (!role.equals("assistant")) {
      throw new RowException(
          "the last message of '%s' has role '%s', expected assistant".formatted(key, role));
    }
  }

  /// Two whole conversations: the prompt is what they share, as TRL's `extract_prompt` takes it; of
  /// two of which one goes on where the other ends, the last shared turn is no part of it.
  static Pair.Talks shared(
      String firstKey, List<Message> first, String secondKey, List<Message> second)
      throws RowException {
    int most = Math.min(first.size(), second.size());
    int same = 0;
    while (same < most && first.get(same).equals(second.get(same))) {
      same++;
    }
    same = same == most ? most - 1 : same;
    if (same == 0) {
      throw new RowException(
          "without a 'prompt', '%s' and '%s' must be conversations with the same first turns"
              .formatted(firstKey, secondKey));
    }
    endsWithAssistant(firstKey, first);
    endsWithAssistant(secondKey, second);
    return new Pair.Talks(
        first.subList(0, same),
        first.subList(same, first.size()),
        second.subList(same, second.size()));
  }
}
