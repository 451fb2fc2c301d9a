package dev.gavel.train.data;

import dev.gavel.tensor.Ragged;
import java.util.List;

/// Rows laid end to end for one forward pass, with the places that the loss sees.
///
/// @param ids all tokens
/// @param sequences where each row begins
/// @param rows the index of the token before each labelled one: where its prediction is read
/// @param targets the labels, in the order of `rows`
public record TokenBatch(int[] ids, Ragged sequences, int[] rows, int[] targets) {
  public static TokenBatch of(List<Tokenized> rows) {
    Ragged sequences = Ragged.of(rows.stream().map(Tokenized::ids).toList());
    int labels = rows.stream().mapToInt(Tokenized::scored).sum();
    int[] ids = new int[sequences.tokens()];
    int[] at = new int[labels];
    int[] targets = new int[labels];
    int n = 0;
    for (int s = 0; s < rows.size(); s++) {
      Tokenized row = rows.get(s);
      int start = sequences.offset(s);
      System.arraycopy(row.ids(), 0, ids, start, row.length());
      for (int t = 1; t < row.length(); t++) {
        if (row.labels()[t] != Tokenized.IGNORED) {
          at[n] = start + t - 1;
          targets[n++] = row.labels()[t];
        }
      }
    }
    return new TokenBatch(ids, sequences, at, targets);
  }

  public int tokens() {
    return ids.length;
  }

  /// How many tokens the loss sees.
  public int labels() {
    return targets.length;
  }
}
