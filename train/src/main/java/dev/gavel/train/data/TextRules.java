package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatEncoding;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How texts and conversations become tokens in all recipes, as TRL 1.16's trainers do it: whole
/// strings are tokenised, to a plain text the end token is added unless it ends with it, to
/// conversations nothing; the first row of a data set says which of the two it is.
final class TextRules {
  private final Optional<String> eosToken;
  private final Optional<Tokenizer> given;
  private final int vocabulary;
  private final ChatSource chats;
  private final String date;
  private @Nullable Chat chat;
  private @Nullable Boolean conversational;
  private boolean mixed;

  /// @param eosToken text of the end token; empty: the tokenizer's
  /// @param tokenizer empty where the model has none: then rows must be ids
  /// @param vocabulary ids that the model has
  /// @param date what templates with a date print as today's
  TextRules(
      Optional<String> eosToken,
      Optional<Tokenizer> tokenizer,
      int vocabulary,
      ChatSource chats,
      String date) {
    this.eosToken = eosToken;
    this.given = tokenizer;
    this.vocabulary = vocabulary;
    this.chats = chats;
    this.date = date;
  }

  /// Forgets what the first row said: another data set begins.
  void nextDataset() {
    conversational = null;
  }

  /// Whether plain texts and conversations stood in one data set.
  boolean mixed() {
    return mixed;
  }

  /// @throws FormatException when there is none
  Tokenizer tokenizer() throws FormatException {
    return given.orElseThrow(() ->
        new FormatException(
            "the row has to be tokenised, and the model's folder has no tokenizer; give --tokenizer DIR"));
  }

  private Chat chat() throws FormatException {
    Chat known = chat;
    if (known == null) {
      known = chats.chat();
      chat = known;
    }
    return known;
  }

  /// A plain text, with what the post-processor adds.
  int[] encode(String text) throws FormatException {
    return tokenizer().encode(text, EncodeOptions.DEFAULT);
  }

  /// A conversation that an assistant is to go on with: the header of its turn is the end.
  int[] encodePrompt(List<Message> messages) throws FormatException {
    return chat().encode(messages, new ChatOptions(true, date)).ids();
  }

  /// A conversation as it stands.
  ChatEncoding encode(List<Message> messages) throws FormatException {
    return chat().encode(messages, new ChatOptions(false, date));
  }

  /// Whether texts of this data set get an end token.
  ///
  /// @param talk whether the row that is being read is a conversation
  boolean endsTexts(boolean talk) {
    if (conversational == null) {
      conversational = talk;
    }
    mixed |= conversational != talk;
    return !conversational;
  }

  /// A text with the end token.
  ///
  /// @param ends what [#endsTexts] said
  String ended(String text, boolean ends) throws FormatException {
    if (!ends) {
      return text;
    }
    Tokenizer tokenizer = tokenizer();
    String end = eosToken.orElse(null);
    if (end == null) {
      int id =
          tokenizer
              .eos()
              .orElseThrow(() ->
                  new FormatException(
                      tokenizer.file()
                          + ": tokenizer_config.json names no eos_token; --eos_token TEXT does"));
      end = tokenizer.decode(new int[] {id}, false);
    } else if (tokenizer.id(end).isEmpty()) {
      throw new FormatException("--eos_token " + end + ": no token of " + tokenizer.file());
    }
    return text.endsWith(end) ? text : text + end;
  }

  /// Holds ids against the vocabulary.
  ///
  /// @param what they are, for the message
  void checkIds(String what, int[] ids) throws RowException {
    check(what, ids, false);
  }

  /// The same for labels, which may be [Tokenized#IGNORED].
  void checkLabels(int[] labels) throws RowException {
    check("'labels'", labels, true);
  }

  private void check(String what, int[] ids, boolean labels) throws RowException {
    for (int i = 0; i < ids.length; i++) {
      boolean ignored = labels && ids[i] == Tokenized.IGNORED;
      if (!ignored && (ids[i] < 0 || ids[i] >= vocabulary)) {
        throw new RowException(
            "%s: element %d is %d, outside the model's vocabulary of %d tokens"
                .formatted(what, i, ids[i], vocabulary));
      }
    }
  }
}
