package dev.gavel.llama.tokenizer;

/// Cuts text into the pieces inside which byte pairs are merged, as this expression does when it is
/// matched again and again from the left:
///
/// ```
/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// ```
///
/// Alternatives are tried in this order and the first that matches wins. Letters and numbers are
/// Unicode's general categories L and N, `\s` is its property White_Space, and `(?i:` folds case
/// beyond ASCII (U+017F is an s). A surrogate without its partner counts as U+FFFD. Each character
/// of a text is looked at a bounded number of times.
final class SplitScanner {
  /// The expression, as files state it.
  static final String PATTERN =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final byte OTHER = 0;
  private static final byte LETTER = 1;
  private static final byte NUMBER = 2;
  private static final byte BLANK = 3;
  private static final byte NEWLINE = 4;
  private static final byte SURROGATE = 5;

  /// White_Space without CR and LF (PropList.txt); all of it lies in the first plane.
  private static final String BLANKS =
      "\t\u000b\f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
          + "\u2028\u2029\u202f\u205f\u3000";

  private static final byte[] KIND = kinds();

  private SplitScanner() {}

  private static byte[] kinds() {
    byte[] kinds = new byte[1 << 16];
    for (int c = 0; c < kinds.length; c++) {
      kinds[c] = Character.isSurrogate((char) c) ? SURROGATE : category(c);
    }
    for (int i = 0; i < BLANKS.length(); i++) {
      kinds[BLANKS.charAt(i)] = BLANK;
    }
    kinds['\r'] = NEWLINE;
    kinds['\n'] = NEWLINE;
    return kinds;
  }

  private static byte category(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      default -> OTHER;
    };
  }

  /// Where the piece that starts at `from` ends.
  ///
  /// @param end the text's end, above `from`; what stands behind it is not seen
  static int next(char[] text, int from, int end) {
    char first = text[from];
    if (first == '\'') {
      int after = contraction(text, from + 1, end);
      if (after > 0) {
        return after;
      }
    }
    int kind = kind(text, from, end);
    int second = from + width(text, from, end);
    if (kind == LETTER) {
      return run(LETTER, text, second, end);
    }
    if (kind == NUMBER) {
      return numbers(text, second, end);
    }
    if (kind != NEWLINE && second < end && kind(text, second, end) == LETTER) {
      return run(LETTER, text, second + width(text, second, end), end);
    }
    if (kind == OTHER || first == ' ' && second < end && kind(text, second, end) == OTHER) {
      return newlines(text, run(OTHER, text, second, end), end);
    }
    return blanks(text, from, end);
  }

  private static int kind(char[] text, int at, int end) {
    byte kind = KIND[text[at]];
    if (kind != SURROGATE) {
      return kind;
    }
    return width(text, at, end) == 2
        ? category(Character.toCodePoint(text[at], text[at + 1]))
        : OTHER;
  }

  private static int width(char[] text, int at, int end) {
    return Character.isHighSurrogate(text[at])
            && at + 1 < end
            && Character.isLowSurrogate(text[at + 1])
        ? 2
        : 1;
  }

  /// The end of a contraction whose apostrophe stands before `at`, or 0.
  private static int contraction(char[] text, int at, int end) {
    if (at == end) {
      return 0;
    }
    char second = at + 1 < end ? lower(text[at + 1]) : 0;
    return switch (lower(text[at])) {
      case 's', 't', 'm', 'd' -> at + 1;
      case 'r', 'v' -> second == 'e' ? at + 2 : 0;
      case 'l' -> second == 'l' ? at + 2 : 0;
      default -> 0;
    };
  }

  /// Folds what folds to an ASCII letter; among the letters of contractions only the long s does so
  /// from outside ASCII.
  private static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c | 0x20) : c == '\u017f' ? 's' : c;
  }

  private static int run(int kind, char[] text, int at, int end) {
    int i = at;
    while (i < end) {
      byte k = KIND[text[i]];
      if (k == kind) {
        i++;
      } else if (k == SURROGATE && kind(text, i, end) == kind) {
        i += width(text, i, end);
      } else {
        break;
      }
    }
    return i;
  }

  /// Up to two more numbers behind the first.
  private static int numbers(char[] text, int at, int end) {
    int i = at;
    for (int n = 1; n < 3 && i < end && kind(text, i, end) == NUMBER; n++) {
      i += width(text, i, end);
    }
    return i;
  }

  private static int newlines(char[] text, int at, int end) {
    int i = at;
    while (i < end && KIND[text[i]] == NEWLINE) {
      i++;
    }
    return i;
  }

  /// A run of white space: up to its last line end if it has one; else all of it at the end of the
  /// text; else without its last character, which then leads the next piece.
  private static int blanks(char[] text, int from, int end) {
    int lastNewline = -1;
    int i = from;
    for (; i < end; i++) {
      byte kind = KIND[text[i]];
      if (kind == NEWLINE) {
        lastNewline = i;
      } else if (kind != BLANK) {
        break;
      }
    }
    if (lastNewline >= 0) {
      return lastNewline + 1;
    }
    return i == end || i == from + 1 ? i : i - 1;
  }
}
