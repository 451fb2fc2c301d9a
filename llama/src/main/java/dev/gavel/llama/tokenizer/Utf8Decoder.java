package dev.gavel.llama.tokenizer;

/// Bytes that arrive in parts, to text. What is not UTF-8 becomes U+FFFD, one for each maximal
/// subpart of an ill-formed sequence (Unicode 3.9, "U+FFFD Substitution of Maximal Subparts"), so
/// the text does not depend on how the bytes were cut.
final class Utf8Decoder {
  private static final char REPLACEMENT = '\ufffd';

  /// What has been read of the character that is under way, and how many bytes it still lacks.
  private int codePoint;

  private int lacking;

  /// The range in which its next byte must lie.
  private int lowest;

  private int highest;

  /// Appends to `out` the characters that `bytes` complete.
  void append(byte[] bytes, int from, int to, StringBuilder out) {
    for (int i = from; i < to; i++) {
      int b = bytes[i] & 0xff;
      if (lacking == 0 && b < 0x80) {
        out.append((char) b);
      } else {
        append(b, out);
      }
    }
  }

  private void append(int b, StringBuilder out) {
    if (lacking > 0) {
      if (b >= lowest && b <= highest) {
        codePoint = codePoint << 6 | b & 0x3f;
        lowest = 0x80;
        highest = 0xbf;
        if (--lacking == 0) {
          out.appendCodePoint(codePoint);
        }
        return;
      }
      flush(out);
    }
    begin(b, out);
  }

  /// Table 3-7 of Unicode 3.9: which second bytes a first byte allows.
  private void begin(int b, StringBuilder out) {
    lowest = 0x80;
    highest = 0xbf;
    if (b < 0x80) {
      out.append((char) b);
    } else if (b >= 0xc2 && b <= 0xdf) {
      codePoint = b & 0x1f;
      lacking = 1;
    } else if (b >= 0xe0 && b <= 0xef) {
      codePoint = b & 0x0f;
      lacking = 2;
      lowest = b == 0xe0 ? 0xa0 : 0x80;
      highest = b == 0xed ? 0x9f : 0xbf;
    } else if (b >= 0xf0 && b <= 0xf4) {
      codePoint = b & 0x07;
      lacking = 3;
      lowest = b == 0xf0 ? 0x90 : 0x80;
      highest = b == 0xf4 ? 0x8f : 0xbf;
    } else {
      out.append(REPLACEMENT);
    }
  }

  /// Ends the text: a character that is still under way becomes U+FFFD.
  void flush(StringBuilder out) {
    if (lacking > 0) {
      lacking = 0;
      out.append(REPLACEMENT);
    }
  }
}
