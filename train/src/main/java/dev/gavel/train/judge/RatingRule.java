package dev.gavel.train.judge;

import java.util.OptionalInt;

/// How a rating is read off a judge's text, as RewardBench 2 does (`generative_v2.py`): a whole
/// number from 1 to 10 at the very end; white space may follow, nothing else, and no letter or
/// digit may touch it. `7/10` reads 10, `**7**` reads nothing.
final class RatingRule {
  static final int MOST = 10;

  private RatingRule() {}

  /// Empty: no rating.
  static OptionalInt read(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    String found = text.substring(0, end);
    int length = found.endsWith(Integer.toString(MOST)) ? 2 : 1;
    if (end < length || !startsWord(found, end - length)) {
      return OptionalInt.empty();
    }
    char first = found.charAt(end - length);
    boolean digit = first >= '1' && first <= '9';
    return digit ? OptionalInt.of(length == 2 ? MOST : first - '0') : OptionalInt.empty();
  }

  /// What Python's `strip` takes away.
  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  private static boolean startsWord(String text, int at) {
    return at == 0 || !isWord(text.codePointBefore(at));
  }

  /// What Python's `\w` matches: letters, digits and numerals of any script, and the underscore.
  private static boolean isWord(int c) {
    return Character.isLetterOrDigit(c)
        || c == '_'
        || Character.getType(c) == Character.LETTER_NUMBER
        || Character.getType(c) == Character.OTHER_NUMBER;
  }
}
