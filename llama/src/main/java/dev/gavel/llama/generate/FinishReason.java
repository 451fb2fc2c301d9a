package dev.gavel.llama.generate;

import java.util.Locale;

/// Why a sample ended.
public enum FinishReason {
  /// A stop id or a stop string.
  STOP,
  /// max_new_tokens, or the end of the context.
  LENGTH;

  /// The name in outputs: `stop`, `length`.
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
