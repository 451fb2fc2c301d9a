package dev.gavel.llama.tokenizer;

import java.util.Objects;

/// A turn of a conversation.
///
/// @param role who speaks: `system`, `user`, `assistant`; templates pass other roles on
/// @param content what is said; templates trim it
public record Message(String role, String content) {
  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
  }

  public static Message system(String content) {
    return new Message("system", content);
  }

  public static Message user(String content) {
    return new Message("user", content);
  }

  public static Message assistant(String content) {
    return new Message("assistant", content);
  }
}
