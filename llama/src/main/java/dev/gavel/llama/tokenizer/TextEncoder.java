package dev.gavel.llama.tokenizer;

/// One text on its way to ids: added tokens are cut out, the rest is cut into pieces, each piece is
/// spelled in UTF-8 and merged. Holds scratch memory and serves one call.
final class TextEncoder {
  private final AddedTokens added;
  private final boolean parseSpecial;
  private final char[] text;
  private final IdList ids;
  private final Bpe bpe;
  private byte[] piece = new byte[256];

  /// Positions in the text, ascending, and how many ids stand before each.
  private int[] marks = {};

  private int marked;

  TextEncoder(BpeModel model, AddedTokens added, boolean parseSpecial, char[] text, IdList ids) {
    this.added = added;
    this.parseSpecial = parseSpecial;
    this.text = text;
    this.ids = ids;
    bpe = new Bpe(model, ids);
  }

  void encode() {
    outside(added.first(), 0, text.length);
  }

  /// Encodes, and replaces each position in `positions` by the number of ids of the text before it.
  ///
  /// @param positions ascending; where a piece or an added token starts, or the end
  void encode(int[] positions) {
    marks = positions;
    encode();
    while (marked < marks.length) {
      marks[marked++] = ids.size();
    }
  }

  private void mark(int at) {
    while (marked < marks.length && marks[marked] <= at) {
      marks[marked++] = ids.size();
    }
  }

  /// What lies between the tokens of one matcher goes to the next one, then to the scanner. A
  /// special token that is to be plain text stays part of the text around it, and nothing is looked
  /// for inside it.
  private void outside(TokenMatcher matcher, int from, int to) {
    int plain = from;
    int search = from;
    while (!matcher.isEmpty()) {
      TokenMatcher.Match match = matcher.find(text, search, to);
      if (match == null) {
        break;
      }
      search = match.end();
      if (parseSpecial || !match.token().special()) {
        between(matcher, plain, match.start());
        mark(match.start());
        ids.add(match.token().id());
        plain = match.end();
      }
    }
    between(matcher, plain, to);
  }

  private void between(TokenMatcher matcher, int from, int to) {
    if (matcher != added.second()) {
      outside(added.second(), from, to);
    } else {
      pieces(from, to);
    }
  }

  private void pieces(int from, int to) {
    int at = from;
    while (at < to) {
      int end = SplitScanner.next(text, at, to);
      if (marked < marks.length) {
        mark(at);
      }
      int count = spell(at, end);
      bpe.encode(piece, count);
      at = end;
    }
  }

  /// Writes a piece as UTF-8 into [#piece] and returns its length in bytes.
  private int spell(int from, int to) {
    int room = (to - from) * 3;
    if (piece.length < room) {
      piece = new byte[Math.max(room, 256)];
    }
    int n = 0;
    for (int i = from; i < to; i++) {
      char c = text[i];
      if (c < 0x80) {
        piece[n++] = (byte) c;
      } else if (c < 0x800) {
        piece[n++] = (byte) (0xc0 | c >> 6);
        piece[n++] = (byte) (0x80 | c & 0x3f);
      } else if (Character.isHighSurrogate(c)
          && i + 1 < to
          && Character.isLowSurrogate(text[i + 1])) {
        n = spellPair(Character.toCodePoint(c, text[++i]), n);
      } else {
        n = spellThree(Character.isSurrogate(c) ? '\ufffd' : c, n);
      }
    }
    return n;
  }

  private int spellThree(char c, int at) {
    piece[at] = (byte) (0xe0 | c >> 12);
    piece[at + 1] = (byte) (0x80 | c >> 6 & 0x3f);
    piece[at + 2] = (byte) (0x80 | c & 0x3f);
    return at + 3;
  }

  private int spellPair(int codePoint, int at) {
    piece[at] = (byte) (0xf0 | codePoint >> 18);
    piece[at + 1] = (byte) (0x80 | codePoint >> 12 & 0x3f);
    piece[at + 2] = (byte) (0x80 | codePoint >> 6 & 0x3f);
    piece[at + 3] = (byte) (0x80 | codePoint & 0x3f);
    return at + 4;
  }

  /// The characters of a text in an array.
  static char[] chars(CharSequence text) {
    if (text instanceof String s) {
      return s.toCharArray();
    }
    char[] chars = new char[text.length()];
    for (int i = 0; i < chars.length; i++) {
      chars[i] = text.charAt(i);
    }
    return chars;
  }
}
