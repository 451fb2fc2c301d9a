package dev.gavel.llama.tokenizer;

/// What a BPE model consists of.
///
/// @param vocabulary all entries, added tokens included
/// @param merges pairs by rank
/// @param ignoreMerges whether a piece that is an entry is that entry without merging
/// @param byteIds the entry of each single byte, -1 where there is none
record BpeModel(Vocabulary vocabulary, Merges merges, boolean ignoreMerges, int[] byteIds) {
  /// @throws IllegalArgumentException where the vocabulary cannot spell the byte; the tokenizers
  ///   library drops it without a word
  int idOfByte(byte b) {
    int id = byteIds[b & 0xff];
    if (id < 0) {
      throw new IllegalArgumentException(
          "the vocabulary has no entry '%s' for the byte 0x%02x of this text"
              .formatted(ByteAlphabet.charOf(b & 0xff), b & 0xff));
    }
    return id;
  }
}
