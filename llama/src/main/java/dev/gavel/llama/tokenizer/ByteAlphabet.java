package dev.gavel.llama.tokenizer;

import java.util.Arrays;

/// The spelling of bytes as printable characters in which byte-level BPE files write their tokens.
///
/// The 188 bytes that are printable and no blank in Latin-1 stand for themselves, the other 68 are
/// U+0100 and following in the order of their values (so a space is `Ġ`, U+0120). Source: GPT-2's
/// `encoder.py`.
final class ByteAlphabet {
  private static final int CHARS = 256 + 68;
  private static final char[] CHAR_OF = new char[256];
  private static final short[] BYTE_OF = new short[CHARS];

  static {
    Arrays.fill(BYTE_OF, (short) -1);
    char next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = b > ' ' && b < 0x7f || b > 0xa0 && b != 0xad;
      CHAR_OF[b] = printable ? (char) b : next++;
      BYTE_OF[CHAR_OF[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /// How the byte `b`, 0..255, is written.
  static char charOf(int b) {
    return CHAR_OF[b];
  }

  /// How the bytes from `from` to before `to` are written.
  static String text(byte[] bytes, int from, int to) {
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(charOf(bytes[i] & 0xff));
    }
    return text.toString();
  }

  /// The byte that `c` writes, or -1 where `c` is not a letter of the alphabet.
  static int byteOf(char c) {
    return c < CHARS ? BYTE_OF[c] : -1;
  }

  /// Writes the bytes that `length` characters of `text` spell into `out`.
  ///
  /// @return false, with `out` in an unknown state, when a character is not of the alphabet
  static boolean spell(char[] text, int from, int length, byte[] out, int at) {
    for (int i = 0; i < length; i++) {
      int b = byteOf(text[from + i]);
      if (b < 0) {
        return false;
      }
      out[at + i] = (byte) b;
    }
    return true;
  }
}
