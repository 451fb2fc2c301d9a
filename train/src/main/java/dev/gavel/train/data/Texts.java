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
    for (int i = 0; i < text.length(); i++) {
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
}
