package dev.gavel.llama.generate;

import java.util.Arrays;

/// One sample that is being generated: its pages, its tokens, its text.
final class Draw {
  final Job job;
  final int number;
  private final TextTail text;

  /// Pages by position; the first ones may be shared with other draws of the prompt.
  final int[] pages;

  /// Pages set aside for this draw and not taken yet.
  int reserved;

  /// Pages in `pages` that are filled in.
  int held;

  /// Tokens whose keys and values are in the cache.
  int cached;

  private int[] ids = new int[16];
  private double[] logprobs = new double[16];
  private int count;

  Draw(Job job, int number, TextTail text, int pageCount) {
    this.job = job;
    this.number = number;
    this.text = text;
    this.pages = new int[pageCount];
  }

  /// The token that the model reads next.
  int last() {
    return ids[count - 1];
  }

  int count() {
    return count;
  }

  /// Takes a token.
  ///
  /// @return whether a stop string is complete
  boolean append(int id, double logprob) {
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
      logprobs = Arrays.copyOf(logprobs, 2 * count);
    }
    ids[count] = id;
    logprobs[count++] = logprob;
    return text.append(id);
  }

  String fresh() {
    return text.fresh();
  }

  Sample finish(FinishReason reason) {
    return new Sample(
        number, Arrays.copyOf(ids, count), text.finish(), reason, Arrays.copyOf(logprobs, count));
  }
}
