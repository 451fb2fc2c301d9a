package dev.gavel.train.data;

import java.util.Arrays;

/// A training row as token ids.
///
/// @param ids the whole sequence
/// @param labels as long as `ids`: what is to be predicted at each place (unshifted: `labels[t]` is
///   read after the tokens before t), or [#IGNORED]
public record Tokenized(int[] ids, int[] labels) {
  /// Marks a token that the loss does not see (PyTorch's `ignore_index`).
  public static final int IGNORED = -100;

  public Tokenized {
    if (labels.length != ids.length) {
      throw new IllegalArgumentException(
          "'labels' has %d elements, 'input_ids' %d; expected as many"
              .formatted(labels.length, ids.length));
    }
  }

  public int length() {
    return ids.length;
  }

  /// How many tokens the loss sees. The first one is never predicted, so its label does not count.
  public int scored() {
    int n = 0;
    for (int t = 1; t < labels.length; t++) {
      n += labels[t] == IGNORED ? 0 : 1;
    }
    return n;
  }

  /// How many tokens have a label, the first one too, although it is never predicted.
  public int labelled() {
    int n = 0;
    for (int label : labels) {
      n += label == IGNORED ? 0 : 1;
    }
    return n;
  }

  /// The first or the last `length` tokens.
  public Tokenized cut(int length, Truncation side) {
    int from = side == Truncation.KEEP_START ? 0 : ids.length - length;
    return new Tokenized(
        Arrays.copyOfRange(ids, from, from + length),
        Arrays.copyOfRange(labels, from, from + length));
  }
}
