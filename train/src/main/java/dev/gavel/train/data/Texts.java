package dev.gavel.train.data;

import java.util.Locale;
import tools.jackson.databind.JsonNode;

/// Words about JSON values, for messages.
final class Texts {
  private static final int SHOWN = 40;

  private Texts() {}

  /// What a value is, in short: `the number 3`, `a list`, `null`.
  static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL, MISSING -> "null";
      case BOOLEAN -> value.asString();
      case NUMBER -> "the number " + value.asString();
      case STRING -> "the text '" + shortened(value.stringValue()) + "'";
      case ARRAY -> value.isEmpty() ? "an empty array" : "an array";
      case OBJECT -> "an object";
      default -> value.getNodeType().toString().toLowerCase(Locale.ROOT);
    };
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN
        ? text
        : text.substring(0, text.offsetByCodePoints(0, SHOWN / 2)) + "…";
  }

  /// The index of the first half of a surrogate pair without its other half, or -1.
  static int unpairedSurrogate(String text) {
    return unpairedSurrogate(text, 0);
  }

  private static int unpairedSurrogate(CharSequence text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return i;
      }
    }
    return -1;
  }

  /// The text with U+FFFD for each half of a surrogate pair that has no other half: JSON can write
  /// such a text, UTF-8 and tokenizers cannot.
  static String wellFormed(String text) {
    int at = unpairedSurrogate(text);
    if (at < 0) {
      return text;
    }
    StringBuilder mended = new StringBuilder(text);
    while (at >= 0) {
      mended.setCharAt(at, '\ufffd');
      at = unpairedSurrogate(mended, at + 1);
    }
    return mended.toString();
  }
}
