/// Text to token ids and back: byte-level BPE as a `tokenizer.json` of the Llama-3 family states
/// it, and the chat templates of Llama 3, 3.1 and 3.2.
///
/// Start at [Tokenizer]; conversations go through [Chat].
@NullMarked
package dev.gavel.llama.tokenizer;

import org.jspecify.annotations.NullMarked;
