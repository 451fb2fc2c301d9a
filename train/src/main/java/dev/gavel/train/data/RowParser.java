package dev.gavel.train.data;

import dev.gavel.tensor.io.Json;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.util.RawValue;

/// Bytes of a row to JSON: strict UTF-8, strict JSON, one object.
final class RowParser {
  private RowParser() {}

  /// @throws RowException naming the byte that is not UTF-8
  static String decode(byte[] bytes) throws RowException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
    if (result.isError()) {
      throw new RowException(
          "not valid UTF-8: byte 0x%02x at byte %d"
              .formatted(bytes[in.position()] & 0xff, in.position() + 1));
    }
    return out.flip().toString();
  }

  /// @throws RowException naming the column, or what stands there instead of an object
  static ObjectNode object(String text) throws RowException {
    try {
      if (Json.mapper().readTree(text) instanceof ObjectNode object) {
        return object;
      }
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      String place = at == null ? "" : " at column " + at.getColumnNr();
      throw new RowException("not valid JSON" + place + ": " + Json.reason(e), e);
    }
    throw new RowException(
        "expected a JSON object, found " + Texts.kind(Json.mapper().readTree(text)));
  }

  /// The row's id, to be written as it was spelled: `1.0` stays `1.0`.
  ///
  /// @throws RowException when it is neither a text nor a number
  static JsonNode id(JsonNode id, String text) throws RowException {
    if (id.isString()) {
      if (Texts.unpairedSurrogate(id.stringValue()) >= 0) {
        throw new RowException("'id' has half a surrogate pair");
      }
      return id;
    }
    if (!id.isNumber()) {
      throw new RowException("'id' is %s, expected a text or a number".formatted(Texts.kind(id)));
    }
    boolean oneSpelling = id.isIntegralNumber() && id.bigIntegerValue().signum() != 0;
    return oneSpelling ? id : JsonNodeFactory.instance.rawValueNode(new RawValue(spelling(text)));
  }

  private static String spelling(String text) {
    try (JsonParser parser = Json.mapper().createParser(text)) {
      parser.nextToken();
      for (JsonToken t = parser.nextToken(); t == JsonToken.PROPERTY_NAME; t = parser.nextToken()) {
        boolean found = parser.currentName().equals("id");
        parser.nextToken();
        if (found) {
          return parser.getString();
        }
        parser.skipChildren();
      }
    }
    throw new IllegalStateException("the id of a row was read and is not there: " + text);
  }

  /// Equal for ids that are the same JSON value: 1 and 1.0, but not 1 and "1".
  static Object identity(JsonNode id) {
    if (id.isString()) {
      return id.stringValue();
    }
    BigDecimal number = id.decimalValue();
    return number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
  }
}
