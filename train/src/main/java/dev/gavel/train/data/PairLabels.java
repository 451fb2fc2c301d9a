package dev.gavel.train.data;

import dev.gavel.tensor.FormatException;
import java.util.Arrays;

/// Says of two sequences that begin with a prompt which tokens count.
final class PairLabels {
  private final CompletionTokens counted;
  private final TextRules rules;
  private boolean merged;

  PairLabels(CompletionTokens counted, TextRules rules) {
    this.counted = counted;
    this.rules = rules;
  }

  /// Nothing counts.
  static TokenizedPair none(int[] chosen, int[] rejected, double margin) {
    return new TokenizedPair(none(chosen), none(rejected), margin);
  }

  private static Tokenized none(int[] ids) {
    int[] labels = new int[ids.length];
    Arrays.fill(labels, Tokenized.IGNORED);
    return new Tokenized(ids, labels);
  }

  /// Whether the last prompt was not the beginning of both sequences.
  boolean merged() {
    return merged;
  }

  /// Both completions begin at the first token in which one of them differs from the prompt's.
  ///
  /// @param prompt the prompt alone
  /// @throws RowException when only a part counts and a completion has no mark
  TokenizedPair from(int[] prompt, int[] chosen, int[] rejected, double margin)
      throws RowException, FormatException {
    int length = Math.min(same(prompt, chosen), same(prompt, rejected));
    merged = length < prompt.length;
    return new TokenizedPair(
        labelled("the chosen completion", length, chosen),
        labelled("the rejected completion", length, rejected),
        margin);
  }

  private static int same(int[] a, int[] b) {
    int at = Arrays.mismatch(a, b);
    return at < 0 ? a.length : at;
  }

  private Tokenized labelled(String what, int prompt, int[] whole)
      throws RowException, FormatException {
    int from = prompt;
    int to = whole.length;
    if (counted != CompletionTokens.ALL) {
      int mark = VerdictMark.last(rules.tokenizer(), whole, prompt);
      if (mark < 0) {
        throw new RowException(
            "%s has no mark [[A]] or [[B]], and --completion_tokens %s looks for one"
                .formatted(what, counted == CompletionTokens.VERDICT ? "verdict" : "rationale"));
      }
      from = counted == CompletionTokens.VERDICT ? mark : from;
      to = counted == CompletionTokens.RATIONALE ? mark : to;
    }
    int[] labels = whole.clone();
    Arrays.fill(labels, 0, from, Tokenized.IGNORED);
    Arrays.fill(labels, to, whole.length, Tokenized.IGNORED);
    return new Tokenized(whole, labels);
  }
}
