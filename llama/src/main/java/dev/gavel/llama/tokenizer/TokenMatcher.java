package dev.gavel.llama.tokenizer;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds added tokens in a text: the leftmost, and the longest among those that start there.
///
/// The tokens are sorted, so those with a common prefix are a range that each further character of
/// the text narrows by binary search.
final class TokenMatcher {
  /// A token at `start` (inclusive) to `end` (exclusive).
  record Match(int start, int end, AddedToken token) {}

  private final AddedToken[] sorted;

  /// The characters a token starts with, as a set of bits.
  private final long[] starts = new long[1 << 10];

  TokenMatcher(List<AddedToken> tokens) {
    sorted =
        tokens.stream()
            .sorted(Comparator.comparing(AddedToken::content))
            .toArray(AddedToken[]::new);
    for (AddedToken token : sorted) {
      char first = token.content().charAt(0);
      starts[first >> 6] |= 1L << first;
    }
  }

  boolean isEmpty() {
    return sorted.length == 0;
  }

  /// The first token in `text` that starts at `from` or later and ends at `end` or earlier.
  @Nullable Match find(char[] text, int from, int end) {
    for (int i = from; i < end; i++) {
      char c = text[i];
      if ((starts[c >> 6] & 1L << c) != 0) {
        AddedToken longest = longest(text, i, end);
        if (longest != null) {
          return new Match(i, i + longest.content().length(), longest);
        }
      }
    }
    return null;
  }

  private @Nullable AddedToken longest(char[] text, int start, int end) {
    AddedToken longest = null;
    int low = 0;
    int high = sorted.length;
    for (int depth = 0; start + depth < end; depth++) {
      char c = text[start + depth];
      low = firstNotBelow(low, high, depth, c);
      high = firstNotBelow(low, high, depth, c + 1);
      if (low == high) {
        break;
      }
      if (sorted[low].content().length() == depth + 1) {
        longest = sorted[low++];
      }
    }
    return longest;
  }

  /// The first index in `low..high` whose character at `depth` is at least `c`; all tokens of the
  /// range agree before `depth` and have a character there.
  private int firstNotBelow(int low, int high, int depth, int c) {
    int a = low;
    int b = high;
    while (a < b) {
      int middle = (a + b) >>> 1;
      if (sorted[middle].content().charAt(depth) < c) {
        a = middle + 1;
      } else {
        b = middle;
      }
    }
    return a;
  }
}
