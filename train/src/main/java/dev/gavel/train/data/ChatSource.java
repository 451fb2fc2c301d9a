package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.tensor.FormatException;

/// Gives the chat template, asked only when a conversation comes.
public interface ChatSource {
  /// @throws FormatException when there is none that can be used
  Chat chat() throws FormatException;
}
