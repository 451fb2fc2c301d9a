package dev.gavel.llama.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The chat templates of the Llama-3 releases, rendered by our own code: what Jinja makes of the
/// `chat_template` of Meta-Llama-3-8B-Instruct, Llama-3.1-8B-Instruct and Llama-3.2-1B-Instruct for
/// messages without tools.
///
/// Contents are trimmed as Python's `str.strip` does. From 3.1 on there is always a system turn
/// with two lines of dates. 3.2 differs from 3.1 in its default for the date (the current day),
/// which is fixed here, and in how it treats tools.
public enum ChatTemplate {
  LLAMA3("llama3", false),
  LLAMA3_1("llama3.1", true),
  LLAMA3_2("llama3.2", true);

  private static final String EOT = "<|eot_id|>";

  private final String id;
  private final boolean dated;

  ChatTemplate(String id, boolean dated) {
    this.id = id;
    this.dated = dated;
  }

  /// Its name on the command line.
  public String id() {
    return id;
  }

  /// The template of this name.
  public static Optional<ChatTemplate> byId(String id) {
    return Arrays.stream(values()).filter(t -> t.id.equals(id)).findFirst();
  }

  /// A rendered text and, in pairs of start and end, where its assistant turns stand: the trimmed
  /// content and the end-of-turn token.
  record Rendered(String text, int[] spans) {}

  /// Renders a conversation.
  ///
  /// @param bos the text of the BOS token
  /// @throws IllegalArgumentException when there is no message
  Rendered render(List<Message> messages, ChatOptions options, String bos) {
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("messages: empty, expected at least one");
    }
    StringBuilder text = new StringBuilder(bos);
    List<Integer> spans = new ArrayList<>();
    int first = 0;
    if (dated) {
      boolean system = messages.getFirst().role().equals("system");
      dates(text, options.dateString(), system ? messages.getFirst().content() : "");
      first = system ? 1 : 0;
    }
    for (Message message : messages.subList(first, messages.size())) {
      int from = turn(text, message);
      if (message.role().equals("assistant")) {
        spans.add(from);
        spans.add(text.length());
      }
    }
    if (options.addGenerationPrompt()) {
      header(text, "assistant");
    }
    return new Rendered(text.toString(), spans.stream().mapToInt(i -> i).toArray());
  }

  private static void header(StringBuilder text, String role) {
    text.append("<|start_header_id|>").append(role).append("<|end_header_id|>\n\n");
  }

  private static void dates(StringBuilder text, String date, String system) {
    header(text, "system");
    text.append("Cutting Knowledge Date: December 2023\nToday Date: ").append(date).append("\n\n");
    text.append(PythonText.strip(system)).append(EOT);
  }

  /// Appends a turn and returns where its content starts. From 3.1 on, what a tool said is rendered
  /// as JSON and not trimmed.
  private int turn(StringBuilder text, Message message) {
    boolean tool = dated && (message.role().equals("tool") || message.role().equals("ipython"));
    header(text, tool ? "ipython" : message.role());
    int from = text.length();
    text.append(tool ? PythonText.json(message.content()) : PythonText.strip(message.content()));
    text.append(EOT);
    return from;
  }
}
