package dev.gavel.tensor.spi;

import dev.gavel.tensor.Ragged;

/// New tokens of some sequences on top of what a [KvPool] holds of them.
///
/// @param tokens the new tokens, laid end to end
/// @param start position of the first new token of each sequence: what the pool holds before it
/// @param pages page numbers of each sequence, covering positions 0 .. start + length - 1
public record KvBatch(Ragged tokens, int[] start, int[][] pages) {
  /// The position of each new token in its own sequence.
  public int[] positions() {
    int[] positions = tokens.positions();
    for (int s = 0; s < tokens.sequences(); s++) {
      for (int t = tokens.offset(s); t < tokens.offset(s + 1); t++) {
        positions[t] += start[s];
      }
    }
    return positions;
  }
}
