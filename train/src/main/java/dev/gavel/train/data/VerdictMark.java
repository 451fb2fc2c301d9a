package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Finds a judge's mark among tokens. Tokens do not end where marks do (`]].` is one of Llama-3's),
/// so their bytes are searched.
final class VerdictMark {
  private VerdictMark() {}

  /// The token that holds the first byte of the last `[[A]]` or `[[B]]`, or -1.
  ///
  /// @param from tokens before it are not looked at
  static int last(Tokenizer tokenizer, int[] ids, int from) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int[] starts = new int[ids.length - from];
    for (int t = from; t < ids.length; t++) {
      starts[t - from] = bytes.size();
      if (!tokenizer.isSpecial(ids[t])) {
        bytes.writeBytes(tokenizer.bytes(ids[t]));
      }
    }
    String text = bytes.toString(StandardCharsets.ISO_8859_1); // a character is a byte
    int mark = Math.max(text.lastIndexOf("[[A]]"), text.lastIndexOf("[[B]]"));
    int t = ids.length - 1;
    while (mark >= 0 && starts[t - from] > mark) {
      t--;
    }
    return mark < 0 ? -1 : t;
  }
}
