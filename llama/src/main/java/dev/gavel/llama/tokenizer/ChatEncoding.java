package dev.gavel.llama.tokenizer;

/// A rendered conversation.
///
/// @param text what the template makes of it, from `<|begin_of_text|>` on
/// @param ids the text's ids; it starts with its BOS and gets no other
/// @param assistantMask as long as `ids`: 1 on what the assistant says and the end of its turns,
///   else 0
public record ChatEncoding(String text, int[] ids, int[] assistantMask) {}
