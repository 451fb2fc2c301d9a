package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Typed access to the keys of a JSON file; every error names file and key. A key that is null
/// counts as absent, as it does for transformers.
///
/// @param where file, and the path inside it where there is one: `config.json: rope_scaling.`
record Fields(ObjectNode node, String where) {
  static Fields of(JsonNode root, String file) throws FormatException {
    if (root instanceof ObjectNode object) {
      return new Fields(object, file + ": ");
    }
    throw new FormatException(file + ": holds no JSON object");
  }

  /// The value of `key`, null if it is absent or null.
  @Nullable JsonNode get(String key) {
    JsonNode value = node.get(key);
    return value == null || value.isNull() ? null : value;
  }

  boolean has(String key) {
    return get(key) != null;
  }

  /// The object under `key`, null if there is none.
  @Nullable Fields object(String key) throws FormatException {
    JsonNode value = get(key);
    if (value == null) {
      return null;
    }
    if (value instanceof ObjectNode object) {
      return new Fields(object, where + key + ".");
    }
    throw error(key, "expected an object");
  }

  int integer(String key) throws FormatException {
    if (!has(key)) {
      throw new FormatException(where + key + " is missing");
    }
    return integer(key, 0);
  }

  int integer(String key, int absent) throws FormatException {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw error(key, "expected a whole number");
    }
    return value.intValue();
  }

  OptionalInt optionalInteger(String key) throws FormatException {
    return has(key) ? OptionalInt.of(integer(key)) : OptionalInt.empty();
  }

  double number(String key) throws FormatException {
    if (!has(key)) {
      throw new FormatException(where + key + " is missing");
    }
    return number(key, 0);
  }

  double number(String key, double absent) throws FormatException {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    double number = value.isNumber() ? value.asDouble(Double.NaN) : Double.NaN;
    if (!Double.isFinite(number)) {
      throw error(key, "expected a number");
    }
    return number;
  }

  OptionalDouble optionalNumber(String key) throws FormatException {
    return has(key) ? OptionalDouble.of(number(key)) : OptionalDouble.empty();
  }

  boolean bool(String key, boolean absent) throws FormatException {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    if (!value.isBoolean()) {
      throw error(key, "expected true or false");
    }
    return value.booleanValue();
  }

  @Nullable String string(String key) throws FormatException {
    JsonNode value = get(key);
    if (value == null) {
      return null;
    }
    if (!value.isString()) {
      throw error(key, "expected a string");
    }
    return value.stringValue();
  }

  /// One id or a list of them; empty if the key is absent.
  List<Integer> ids(String key) throws FormatException {
    JsonNode value = get(key);
    if (value == null) {
      return List.of();
    }
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : value.isArray() ? value : List.of(value)) {
      if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
        throw error(key, "expected a token id or a list of them");
      }
      ids.add(id.intValue());
    }
    return List.copyOf(ids);
  }

  /// An error about the value of `key`.
  FormatException error(String key, String expected) {
    String found = String.valueOf(node.get(key));
    String cut = found.length() > 120 ? found.substring(0, 120) + "…" : found;
    return new FormatException("%s%s is %s, %s".formatted(where, key, cut, expected));
  }
}
