package dev.gavel.llama.tokenizer;

/// What a BPE model consists of.
///
/// @param vocabulary all entries, added tokens included
/// @param merges pairs by rank
/// @param ignoreMerges whether a piece that is an entry is that entry without merging
/// @param byteIds the entry of each single byte
record BpeModel(Vocabulary vocabulary, Merges merges, boolean ignoreMerges, int[] byteIds) {
  int idOfByte(byte b) {
    return byteIds[b & 0xff];
  }
}
