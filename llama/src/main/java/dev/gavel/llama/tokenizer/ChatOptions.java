package dev.gavel.llama.tokenizer;

/// How a conversation is rendered.
///
/// @param addGenerationPrompt whether to end with the header of an answer to come
/// @param dateString what templates with a date print as today's (`26 Jul 2024`); fixed, so that
///   the same conversation has the same ids on every day
public record ChatOptions(boolean addGenerationPrompt, String dateString) {
  public static final String DEFAULT_DATE = "26 Jul 2024";

  /// The whole conversation, to be scored or learned.
  public static final ChatOptions WHOLE = new ChatOptions(false, DEFAULT_DATE);

  /// A conversation to be answered.
  public static final ChatOptions PROMPT = new ChatOptions(true, DEFAULT_DATE);
}
