package dev.gavel.tensor;

import java.util.Arrays;
import java.util.List;

/// A batch of sequences laid end to end, never padded: sequence s holds the tokens `offset(s) ..
/// offset(s+1)-1`.
public final class Ragged {
  private final int[] offsets;

  private Ragged(int[] offsets) {
    this.offsets = offsets;
  }

  /// @param lengths tokens of each sequence, in order; a length may be 0
  public static Ragged ofLengths(int... lengths) {
    int[] offsets = new int[lengths.length + 1];
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] < 0) {
        throw new IllegalArgumentException(
            "sequence " + i + " has the negative length " + lengths[i]);
      }
      offsets[i + 1] = Math.addExact(offsets[i], lengths[i]);
    }
    return new Ragged(offsets);
  }

  public static Ragged of(List<int[]> sequences) {
    return ofLengths(sequences.stream().mapToInt(s -> s.length).toArray());
  }

  public int sequences() {
    return offsets.length - 1;
  }

  /// Tokens of all sequences.
  public int tokens() {
    return offsets[offsets.length - 1];
  }

  public int offset(int s) {
    return offsets[s];
  }

  public int length(int s) {
    return offsets[s + 1] - offsets[s];
  }

  /// The position of each token in its own sequence.
  public int[] positions() {
    int[] positions = new int[tokens()];
    for (int s = 0; s < sequences(); s++) {
      for (int t = offsets[s]; t < offsets[s + 1]; t++) {
        positions[t] = t - offsets[s];
      }
    }
    return positions;
  }

  /// Index of each sequence's last token; an empty sequence has none and is an error.
  public int[] lastTokens() {
    int[] last = new int[sequences()];
    for (int s = 0; s < last.length; s++) {
      if (length(s) == 0) {
        throw new IllegalArgumentException(
            "sequence " + s + " of the batch is empty and has no last token");
      }
      last[s] = offsets[s + 1] - 1;
    }
    return last;
  }

  @Override
  public String toString() {
    return "Ragged" + Arrays.toString(offsets);
  }
}
