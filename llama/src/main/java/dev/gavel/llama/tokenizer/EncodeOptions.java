package dev.gavel.llama.tokenizer;

/// How a text becomes ids.
///
/// @param addSpecialTokens whether to add what the file's post-processor adds (Llama 3:
///   `<|begin_of_text|>` in front)
/// @param parseSpecial whether the text of a special token (`<|eot_id|>`) is that token; where the
///   text comes from outside and must not control anything, say false
public record EncodeOptions(boolean addSpecialTokens, boolean parseSpecial) {
  /// Both, as the tokenizers library does.
  public static final EncodeOptions DEFAULT = new EncodeOptions(true, true);

  /// Special tokens are recognised, none is added: for text that a template has rendered.
  public static final EncodeOptions AS_WRITTEN = new EncodeOptions(false, true);

  /// No special token comes in.
  public static final EncodeOptions PLAIN = new EncodeOptions(false, false);
}
