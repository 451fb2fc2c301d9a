package dev.gavel.llama.tokenizer;

/// A token that is found in a text as it stands, before the text is cut into pieces.
///
/// @param content its text, not empty
/// @param special whether it is control, not content: left out of decoded text and read as plain
///   text on request
/// @param normalized whether it is looked for after the others, in what they leave over
record AddedToken(int id, String content, boolean special, boolean normalized) {}
