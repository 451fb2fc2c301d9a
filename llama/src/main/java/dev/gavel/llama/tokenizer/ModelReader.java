package dev.gavel.llama.tokenizer;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;

/// Reads the `model` of a `tokenizer.json` as a stream: vocabulary and merges have hundreds of
/// thousands of entries and become no tree.
final class ModelReader {
  private final String file;
  private final JsonParser parser;

  /// The vocabulary's entries in the file's order, and their ids.
  final EntryPool entries = new EntryPool();

  final IdList ids = new IdList(1 << 10);

  /// Merge `i` is entries `2 i` and `2 i + 1`.
  final EntryPool merges = new EntryPool();

  boolean ignoreMerges;
  private final Set<String> keys = new HashSet<>();

  ModelReader(String file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
  }

  private FormatException error(String path, String what) {
    return new FormatException(file + ": model" + path + ": " + what);
  }

  /// Reads the value at which the parser stands.
  void read() throws FormatException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw error("", "found " + parser.getString() + ", expected an object");
    }
    for (String key = parser.nextName(); key != null; key = parser.nextName()) {
      if (!keys.add(key)) {
        throw error("", "'" + key + "' is listed twice");
      }
      parser.nextToken();
      switch (key) {
        case "vocab" -> readVocab();
        case "merges" -> readMerges();
        default -> readSetting(key);
      }
    }
    if (!keys.contains("vocab")) {
      throw error("", "'vocab' is missing");
    }
    if (!keys.contains("merges")) {
      throw error("", "'merges' is missing");
    }
  }

  private void readSetting(String key) throws FormatException {
    JsonNode value = parser.readValueAsTree();
    Section setting = new Section(file, "model", Json.mapper().createObjectNode().set(key, value));
    switch (key) {
      case "type" -> {
        if (!setting.string(key).equals("BPE")) {
          throw setting
              .get(key)
              .error("found %s; this build knows only BPE".formatted(setting.string(key)));
        }
      }
      case "ignore_merges" -> ignoreMerges = setting.flag(key, false);
      case "dropout" -> {
        if (!value.isNull() && !(value.isNumber() && value.doubleValue() == 0)) {
          throw setting.get(key).error("found " + value + "; this build knows only null");
        }
      }
      case "byte_fallback" -> setting.require(key, false, false);
      // Without an unknown token there is nothing to fuse.
      case "fuse_unk" -> setting.flag(key, false);
      case "unk_token", "continuing_subword_prefix", "end_of_word_suffix" ->
          setting.requireNone(key);
      default -> throw setting.get(key).error("unknown key; this build knows BPE's");
    }
  }

  private void readVocab() throws FormatException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw error(".vocab", "found " + parser.getString() + ", expected an object");
    }
    for (String token = parser.nextName(); token != null; token = parser.nextName()) {
      if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() != JsonParser.NumberType.INT) {
        throw error(
            ".vocab",
            "'%s' has the id %s, expected an integer".formatted(token, parser.getString()));
      }
      if (token.isEmpty()) {
        throw error(".vocab", "an entry is empty");
      }
      entries.add(token.toCharArray(), 0, token.length());
      ids.add(parser.getIntValue());
    }
  }

  private void readMerges() throws FormatException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw error(".merges", "found " + parser.getString() + ", expected an array");
    }
    for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
      switch (t) {
        case VALUE_STRING -> readMergeString();
        case START_ARRAY -> readMergePair();
        default -> throw mergeError("found " + parser.getString());
      }
    }
  }

  private FormatException mergeError(String what) {
    return error(
        ".merges[" + merges.size() / 2 + "]", what + ", expected \"a b\" or [\"a\", \"b\"]");
  }

  private void readMergeString() throws FormatException {
    char[] text = parser.getStringCharacters();
    int from = parser.getStringOffset();
    int to = from + parser.getStringLength();
    int blank = indexOfBlank(text, from, to);
    if (blank == to || indexOfBlank(text, blank + 1, to) != to) {
      throw mergeError("found \"" + parser.getString() + "\"");
    }
    merges.add(text, from, blank - from);
    merges.add(text, blank + 1, to - blank - 1);
  }

  private static int indexOfBlank(char[] text, int from, int to) {
    int i = from;
    while (i < to && text[i] != ' ') {
      i++;
    }
    return i;
  }

  private void readMergePair() throws FormatException {
    int merge = merges.size() / 2;
    while (parser.nextToken() == JsonToken.VALUE_STRING) {
      merges.add(parser.getStringCharacters(), parser.getStringOffset(), parser.getStringLength());
    }
    if (parser.currentToken() != JsonToken.END_ARRAY || merges.size() != merge * 2 + 2) {
      throw error(".merges[" + merge + "]", "expected two strings");
    }
  }
}
