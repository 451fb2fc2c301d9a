package dev.gavel.llama.tokenizer;

/// Text from ids that come one at a time. What [#append] and a last [#flush] return, joined, is
/// what [Tokenizer#decode] makes of all the ids; no part ends inside a character. Serves one
/// thread.
public final class StreamingDecoder {
  private final Tokenizer tokenizer;
  private final boolean skipSpecial;
  private final Utf8Decoder decoder = new Utf8Decoder();

  StreamingDecoder(Tokenizer tokenizer, boolean skipSpecial) {
    this.tokenizer = tokenizer;
    this.skipSpecial = skipSpecial;
  }

  /// The text that this id completes, possibly empty.
  ///
  /// @throws IllegalArgumentException for an id outside the vocabulary
  public String append(int id) {
    StringBuilder out = new StringBuilder();
    tokenizer.decode(id, skipSpecial, decoder, out);
    return out.toString();
  }

  /// Ends the text: U+FFFD for a character that is not complete, else nothing. The next id starts a
  /// new text.
  public String flush() {
    StringBuilder out = new StringBuilder();
    decoder.flush(out);
    return out.toString();
  }
}
