package dev.gavel.train.judge;

/// One message of a conversation.
///
/// @param role `system`, `user` or `assistant`
public record Turn(String role, String content) {
  public static Turn system(String content) {
    return new Turn("system", content);
  }

  public static Turn user(String content) {
    return new Turn("user", content);
  }

  public static Turn assistant(String content) {
    return new Turn("assistant", content);
  }
}
