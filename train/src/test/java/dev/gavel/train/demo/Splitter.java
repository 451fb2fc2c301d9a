package dev.gavel.train.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Cuts a text as a tokenizer with this vocabulary does: specials first, then Llama-3's split.
final class Splitter {
  private static final Pattern PIECE =
      Pattern.compile(
          "<\\|[a-z_]+\\|>"
              + "|(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
              + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  private Splitter() {}

  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = PIECE.matcher(text);
    while (matcher.find()) {
      // a sign run may not swallow the special token behind it: "]]<|eot_id|>"
      String piece = matcher.group();
      int special = piece.startsWith("<|") ? -1 : piece.indexOf("<|");
      if (special > 0) {
        piece = piece.substring(0, special);
        matcher.region(matcher.start() + special, text.length());
      }
      words.add(piece);
    }
    return words;
  }
}
