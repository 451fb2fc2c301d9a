package dev.gavel.llama.tokenizer;

import dev.gavel.tensor.FormatException;
import java.util.Arrays;
import java.util.List;

/// Conversations for one tokenizer and one template. Immutable.
///
/// As with transformers' `apply_chat_template`, a special token's text inside a message becomes
/// that token: what comes from outside can end a turn. Nothing here hides that.
public final class Chat {
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final String bos;

  Chat(Tokenizer tokenizer, ChatTemplate template) throws FormatException {
    this.tokenizer = tokenizer;
    this.template = template;
    bos = tokenizer.bosText();
    for (String token : List.of(bos, "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")) {
      if (!tokenizer.isAdded(token)) {
        throw new FormatException(
            "%s: the chat template %s needs the token %s, which is not in added_tokens"
                .formatted(tokenizer.file(), template.id(), token));
      }
    }
  }

  public ChatTemplate template() {
    return template;
  }

  /// The text of a conversation, BOS included.
  ///
  /// @throws IllegalArgumentException when there is no message
  public String render(List<Message> messages, ChatOptions options) {
    return template.render(messages, options, bos).text();
  }

  /// Text, ids and mask of a conversation.
  ///
  /// @throws IllegalArgumentException when there is no message
  public ChatEncoding encode(List<Message> messages, ChatOptions options) {
    ChatTemplate.Rendered rendered = template.render(messages, options, bos);
    int[] spans = rendered.spans().clone();
    int[] ids = tokenizer.encode(rendered.text(), spans);
    int[] mask = new int[ids.length];
    for (int i = 0; i < spans.length; i += 2) {
      Arrays.fill(mask, spans[i], spans[i + 1], 1);
    }
    return new ChatEncoding(rendered.text(), ids, mask);
  }
}
