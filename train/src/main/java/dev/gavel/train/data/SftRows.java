package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.ChatEncoding;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Makes token ids and labels of the rows of supervised fine-tuning, as TRL 1.16's `SFTTrainer`
/// does: prompt, and prompt with completion, are tokenised as whole texts, and the completion
/// begins at the first token in which they differ; a conversation's prompt is rendered with the
/// generation prompt, so that the assistant's header belongs to it.
///
/// To a plain text the end token is added unless the text ends with it, to conversations nothing;
/// the first row of a data set says which of the two it is.
public final class SftRows {
  /// How rows are read.
  @OptGroup("Rows")
  public record Options(
      @Opt(value = "key of a row's prompt, a text or messages", def = "prompt") String promptColumn,
      @Opt(value = "key of its completion", def = "completion") String completionColumn,
      @Opt(
              "learn only the completion of {prompt, completion} rows; default: true for them, rows"
                  + " of other forms are learned whole")
          Optional<Boolean> completionOnlyLoss,
      @Opt(value = "learn only what the assistant says in conversations", def = "false")
          boolean assistantOnlyLoss,
      @Opt("text of the token that ends a plain text; default: the tokenizer's eos_token")
          Optional<String> eosToken) {}

  /// What a row is.
  public enum Form {
    IDS("input_ids"),
    PAIR("prompt and completion"),
    MESSAGES("messages"),
    TEXT("text");

    private final String words;

    Form(String words) {
      this.words = words;
    }

    /// For people.
    @Override
    public String toString() {
      return words;
    }
  }

  private final Options options;
  private final TextRules rules;

  /// @param tokenizer empty where the model has none: then rows must be ids
  /// @param vocabulary ids that the model has
  /// @param date what templates with a date print as today's
  public SftRows(
      Options options,
      Optional<Tokenizer> tokenizer,
      int vocabulary,
      ChatSource chats,
      String date) {
    this.options = options;
    this.rules = new TextRules(options.eosToken(), tokenizer, vocabulary, chats, date);
  }

  /// Forgets what the first row said: another data set begins.
  public void nextDataset() {
    rules.nextDataset();
  }

  /// Whether plain texts and conversations stood in one data set.
  public boolean mixed() {
    return rules.mixed();
  }

  /// @throws RowException naming what is missing or wrong
  /// @throws FormatException when the folder has no chat template that can be used
  public Tokenized tokenize(Row row) throws RowException, FormatException {
    Tokenized tokens = byForm(row);
    boolean ids = row.has("input_ids");
    rules.checkIds(ids ? "'input_ids'" : "the tokenizer's ids", tokens.ids());
    rules.checkLabels(tokens.labels());
    return tokens;
  }

  private Tokenized byForm(Row row) throws RowException, FormatException {
    return switch (form(row)) {
      case IDS -> ids(row);
      case PAIR -> talks(row) ? conversationPair(row) : textPair(row);
      case MESSAGES -> conversation(row);
      case TEXT -> text(row);
    };
  }

  /// What a row is, by its keys.
  ///
  /// @throws RowException naming the keys that are there and those that could be
  public Form form(Row row) throws RowException {
    boolean prompt = row.has(options.promptColumn());
    boolean completion = row.has(options.completionColumn());
    if (row.has("input_ids")) {
      return Form.IDS;
    } else if (prompt && completion) {
      return Form.PAIR;
    } else if (row.has("messages")) {
      return Form.MESSAGES;
    } else if (row.has("text")) {
      return Form.TEXT;
    } else if (prompt || completion) {
      row.value(prompt ? options.completionColumn() : options.promptColumn());
    }
    throw new RowException(
        ("expected '%s' and '%s', or 'messages', or 'text', or 'input_ids' and 'labels'"
                + " (keys: %s); --prompt_column and --completion_column name others")
            .formatted(
                options.promptColumn(),
                options.completionColumn(),
                String.join(", ", row.json().propertyNames())));
  }

  /// Looks at a row without a tokenizer: at its keys and the kind of what they hold.
  ///
  /// @throws RowException naming what is missing or wrong
  public Form look(Row row) throws RowException {
    Form form = form(row);
    switch (form) {
      case IDS -> ids(row);
      case MESSAGES -> row.messages("messages");
      case TEXT -> row.text("text");
      case PAIR -> {
        boolean talk = talks(row);
        for (String key : List.of(options.promptColumn(), options.completionColumn())) {
          if (talk) {
            row.messages(key);
          } else {
            row.text(key);
          }
        }
      }
    }
    return form;
  }

  /// Whether a row is a conversation.
  ///
  /// @throws RowException when it has none of the forms
  public boolean isTalk(Row row) throws RowException {
    return switch (form(row)) {
      case MESSAGES -> true;
      case PAIR -> talks(row);
      case IDS, TEXT -> false;
    };
  }

  /// Whether prompt and completion are conversations.
  private boolean talks(Row row) throws RowException {
    boolean talk = isMessages(row, options.promptColumn());
    if (talk != isMessages(row, options.completionColumn())) {
      throw new RowException(
          "'%s' and '%s' must both be texts or both be lists of messages"
              .formatted(options.promptColumn(), options.completionColumn()));
    }
    return talk;
  }

  private static boolean isMessages(Row row, String key) throws RowException {
    return row.value(key).isArray();
  }

  // ---------------------------------------------------------------- forms

  private Tokenized ids(Row row) throws RowException {
    int[] ids = row.ids("input_ids");
    int[] labels = row.has("labels") ? row.ids("labels") : ids;
    try {
      return new Tokenized(ids, labels);
    } catch (IllegalArgumentException e) {
      throw new RowException(String.valueOf(e.getMessage()), e);
    }
  }

  private Tokenized textPair(Row row) throws RowException, FormatException {
    plainOnly();
    boolean ends = rules.endsTexts(false);
    String prompt = row.text(options.promptColumn());
    String completion = rules.ended(row.text(options.completionColumn()), ends);
    int[] alone = rules.encode(prompt);
    int[] whole = rules.encode(prompt + completion);
    return pair(alone, whole, whole);
  }

  private Tokenized text(Row row) throws RowException, FormatException {
    plainOnly();
    wholeOnly("text");
    int[] ids = rules.encode(rules.ended(row.text("text"), rules.endsTexts(false)));
    return new Tokenized(ids, ids);
  }

  private Tokenized conversationPair(Row row) throws RowException, FormatException {
    rules.endsTexts(true);
    List<Message> prompt = row.messages(options.promptColumn());
    List<Message> all = new ArrayList<>(prompt);
    all.addAll(row.messages(options.completionColumn()));
    int[] alone = rules.encodePrompt(prompt);
    ChatEncoding whole = rules.encode(all);
    return pair(alone, whole.ids(), assistantOnly(whole));
  }

  private Tokenized conversation(Row row) throws RowException, FormatException {
    rules.endsTexts(true);
    wholeOnly("messages");
    ChatEncoding whole = rules.encode(row.messages("messages"));
    return new Tokenized(whole.ids(), assistantOnly(whole));
  }

  /// @param labels of the whole row; the prompt's are taken away
  private Tokenized pair(int[] prompt, int[] whole, int[] labels) {
    if (!options.completionOnlyLoss().orElse(true)) {
      return new Tokenized(whole, labels);
    }
    int same = Arrays.mismatch(prompt, whole);
    int[] completion = labels.clone();
    Arrays.fill(completion, 0, same < 0 ? whole.length : same, Tokenized.IGNORED);
    return new Tokenized(whole, completion);
  }

  private int[] assistantOnly(ChatEncoding encoding) {
    if (!options.assistantOnlyLoss()) {
      return encoding.ids();
    }
    int[] labels = encoding.ids().clone();
    for (int t = 0; t < labels.length; t++) {
      if (encoding.assistantMask()[t] == 0) {
        labels[t] = Tokenized.IGNORED;
      }
    }
    return labels;
  }

  // ---------------------------------------------------------------- rules

  private void plainOnly() throws RowException {
    if (options.assistantOnlyLoss()) {
      throw new RowException(
          "the row is a plain text, and --assistant_only_loss true needs conversations");
    }
  }

  private void wholeOnly(String key) throws RowException {
    if (options.completionOnlyLoss().orElse(false)) {
      throw new RowException(
          "the row has only '%s', and --completion_only_loss true needs '%s' and '%s'"
              .formatted(key, options.promptColumn(), options.completionColumn()));
    }
  }
}
