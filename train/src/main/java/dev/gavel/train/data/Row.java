package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A row: a JSON object with an id.
///
/// @param ownId its `id`, spelled as in the input; null where it has none
public record Row(int number, Place place, @Nullable JsonNode ownId, ObjectNode json)
    implements Item {
  /// Its `id`, spelled as in the input; without one its number.
  public JsonNode id() {
    return ownId != null ? ownId : JsonNodeFactory.instance.numberNode(number);
  }

  /// An id, to be written as it was spelled: `1.0` stays `1.0`.
  ///
  /// @param line the object that it is the `id` of
  /// @throws RowException when it is neither a text nor a number
  public static JsonNode id(JsonNode id, String line) throws RowException {
    return RowParser.id(id, line);
  }

  /// The same row as one that could not be used.
  public BadRow bad(String error) {
    return new BadRow(number, place, ownId, error);
  }

  public boolean has(String key) {
    return json.has(key);
  }

  /// The value of a key.
  ///
  /// @throws RowException when there is none
  public JsonNode value(String key) throws RowException {
    JsonNode value = json.get(key);
    if (value == null) {
      throw new RowException(
          "'%s' is missing (keys: %s)".formatted(key, String.join(", ", json.propertyNames())));
    }
    return value;
  }

  /// A text; half a surrogate pair comes as U+FFFD.
  ///
  /// @throws RowException when it is missing or no text
  public String text(String key) throws RowException {
    JsonNode value = value(key);
    if (!value.isString()) {
      throw wrong(key, value, "a text");
    }
    return Texts.wellFormed(value.stringValue());
  }

  /// A text, if the key is there.
  public Optional<String> optionalText(String key) throws RowException {
    return has(key) ? Optional.of(text(key)) : Optional.empty();
  }

  /// True or false.
  public boolean flag(String key, boolean otherwise) throws RowException {
    if (!has(key)) {
      return otherwise;
    }
    JsonNode value = value(key);
    if (!value.isBoolean()) {
      throw wrong(key, value, "true or false");
    }
    return value.booleanValue();
  }

  /// An integer of 32 bits.
  public int integer(String key, int otherwise) throws RowException {
    if (!has(key)) {
      return otherwise;
    }
    JsonNode value = value(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong(key, value, "an integer of 32 bits");
    }
    return value.intValue();
  }

  /// An integer of 64 bits.
  public long longInteger(String key, long otherwise) throws RowException {
    if (!has(key)) {
      return otherwise;
    }
    JsonNode value = value(key);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong(key, value, "an integer of 64 bits");
    }
    return value.longValue();
  }

  /// A finite number.
  public double number(String key, double otherwise) throws RowException {
    if (!has(key)) {
      return otherwise;
    }
    JsonNode value = value(key);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrong(key, value, "a number");
    }
    return value.doubleValue();
  }

  /// An array of token ids; whether a vocabulary has them is not looked at.
  public int[] ids(String key) throws RowException {
    JsonNode value = value(key);
    if (!value.isArray()) {
      throw wrong(key, value, "an array of token ids");
    }
    int[] ids = new int[value.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = value.get(i);
      if (!id.isIntegralNumber() || !id.canConvertToInt()) {
        throw wrong(key + "[" + i + "]", id, "a token id");
      }
      ids[i] = id.intValue();
    }
    return ids;
  }

  /// A conversation: a list of `{"role", "content"}`, at least one.
  public List<Message> messages(String key) throws RowException {
    JsonNode value = value(key);
    if (!value.isArray() || value.isEmpty()) {
      throw wrong(key, value, "a list of messages");
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      messages.add(message(key + "[" + i + "]", value.get(i)));
    }
    return messages;
  }

  private static Message message(String place, JsonNode value) throws RowException {
    JsonNode role = value.path("role");
    JsonNode content = value.path("content");
    if (!role.isString() || !content.isString()) {
      throw wrong(place, value, "an object with the texts 'role' and 'content'");
    }
    return new Message(
        Texts.wellFormed(role.stringValue()), Texts.wellFormed(content.stringValue()));
  }

  private static RowException wrong(String key, JsonNode found, String expected) {
    return new RowException("'%s' is %s, expected %s".formatted(key, Texts.kind(found), expected));
  }
}
