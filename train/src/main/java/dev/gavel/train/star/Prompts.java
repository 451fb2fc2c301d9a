package dev.gavel.train.star;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.train.judge.JudgePrompt;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.model.ModelOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The judge's prompt as tokens, and texts as what follows it.
final class Prompts {
  private final Tokenizer tokenizer;
  private final Chat chat;
  private final JudgePrompt prompt;
  private final String date;

  private Prompts(Tokenizer tokenizer, Chat chat, JudgePrompt prompt, String date) {
    this.tokenizer = tokenizer;
    this.chat = chat;
    this.prompt = prompt;
    this.date = date;
  }

  static Prompts of(ModelOptions model, JudgePrompt prompt) throws IOException {
    Tokenizer tokenizer =
        Tokenizer.load(ModelFolder.tokenizerFolder(model.modelNameOrPath(), model.baseModel()));
    Optional<ChatTemplate> named = model.chatTemplate().flatMap(ChatTemplate::byId);
    Chat chat = named.isPresent() ? tokenizer.chat(named.get()) : tokenizer.chat();
    return new Prompts(tokenizer, chat, prompt, model.dateString());
  }

  /// The prompt, the assistant's header included.
  int[] ids(PairRow row, Order order) {
    return chat.encode(prompt.messages(row, order), new ChatOptions(true, date)).ids();
  }

  /// A text as the assistant's turn, its end included.
  int[] answer(PairRow row, Order order, String text) {
    List<Message> whole = new ArrayList<>(prompt.messages(row, order));
    whole.add(Message.assistant(text));
    int[] ids = chat.encode(whole, new ChatOptions(false, date)).ids();
    return Arrays.copyOfRange(ids, ids(row, order).length, ids.length);
  }

  /// The same for a text that a model sampled. What a model has not learned to write well can be a
  /// text that a vocabulary without single bytes cannot spell again: that keeps its tokens.
  ///
  /// @param sampled the tokens of the text, the end of the turn included
  /// @throws IllegalArgumentException where they are those of another tokenizer
  int[] answer(PairRow row, Order order, String text, int[] sampled) {
    try {
      return answer(row, order, text);
    } catch (IllegalArgumentException e) {
      if (tokenizer.decode(sampled, true).equals(text)) {
        return sampled;
      }
      throw e;
    }
  }

  /// A sampled text with a text of ours behind it.
  int[] answer(PairRow row, Order order, String text, int[] sampled, String more) {
    int[] behind = tokenizer.encode(more, EncodeOptions.PLAIN);
    int[] all = Arrays.copyOf(sampled, sampled.length + behind.length);
    int end = sampled.length - 1; // the end of the turn
    System.arraycopy(behind, 0, all, end, behind.length);
    all[all.length - 1] = sampled[end];
    return answer(row, order, text + more, all);
  }
}
