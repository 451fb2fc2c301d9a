package dev.gavel.llama.tokenizer;

import dev.gavel.tensor.FormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A part of a JSON file that knows where it stands, for messages.
///
/// @param path its key from the top, dotted; empty for the whole file
record Section(String file, String path, JsonNode node) {
  FormatException error(String what) {
    return new FormatException(file + ": " + (path.isEmpty() ? "" : path + ": ") + what);
  }

  private Section at(String key, JsonNode value) {
    return new Section(file, path.isEmpty() ? key : path + "." + key, value);
  }

  boolean isNull() {
    return node.isNull();
  }

  boolean has(String key) {
    return node.hasNonNull(key);
  }

  /// The value of a key that has to be there, null included.
  Section get(String key) throws FormatException {
    JsonNode value = object().get(key);
    if (value == null) {
      throw error(
          "'%s' is missing (keys: %s)".formatted(key, String.join(", ", node.propertyNames())));
    }
    return at(key, value);
  }

  private JsonNode object() throws FormatException {
    if (!node.isObject()) {
      throw error("found " + kind() + ", expected an object");
    }
    return node;
  }

  private String kind() {
    return node.isValueNode() ? node.toString() : node.isArray() ? "an array" : "an object";
  }

  /// Refuses keys that may change what the file means.
  Section only(String... known) throws FormatException {
    for (String key : object().propertyNames()) {
      if (!Arrays.asList(known).contains(key)) {
        throw at(key, node)
            .error("unknown key; this build knows here: " + String.join(", ", known));
      }
    }
    return this;
  }

  String string(String key) throws FormatException {
    return get(key).string();
  }

  String string() throws FormatException {
    if (!node.isString()) {
      throw error("found " + kind() + ", expected a string");
    }
    return node.stringValue();
  }

  int index(String key) throws FormatException {
    Section value = get(key);
    if (!value.node.isInt() || value.node.intValue() < 0) {
      throw value.error("found " + value.kind() + ", expected an integer of at least 0");
    }
    return value.node.intValue();
  }

  /// A boolean, or `fallback` where the key is absent or null.
  boolean flag(String key, boolean fallback) throws FormatException {
    if (!object().hasNonNull(key)) {
      return fallback;
    }
    Section value = get(key);
    if (!value.node.isBoolean()) {
      throw value.error("found " + value.kind() + ", expected true or false");
    }
    return value.node.booleanValue();
  }

  /// Refuses any value of `key` but `only` (or its absence, where that means the same).
  void require(String key, boolean only, boolean fallback) throws FormatException {
    if (flag(key, fallback) != only) {
      throw (has(key) ? get(key) : this)
          .error("%s is %s; this build knows only %s".formatted(key, !only, only));
    }
  }

  /// Refuses a value of `key` other than null, absence or the empty string.
  void requireNone(String key) throws FormatException {
    if (has(key) && !get(key).node.toString().equals("\"\"")) {
      throw get(key).error("found " + get(key).kind() + "; this build knows only null");
    }
  }

  List<Section> elements() throws FormatException {
    if (!node.isArray()) {
      throw error("found " + kind() + ", expected an array");
    }
    List<Section> elements = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      elements.add(new Section(file, path + "[" + i + "]", node.get(i)));
    }
    return elements;
  }

  /// The elements of an array or the values of an object.
  List<Section> children() throws FormatException {
    return node.isObject() ? entries().stream().map(Map.Entry::getValue).toList() : elements();
  }

  /// The entries of an object in the file's order.
  List<Map.Entry<String, Section>> entries() throws FormatException {
    List<Map.Entry<String, Section>> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> e : object().properties()) {
      entries.add(Map.entry(e.getKey(), at(e.getKey(), e.getValue())));
    }
    return entries;
  }
}
