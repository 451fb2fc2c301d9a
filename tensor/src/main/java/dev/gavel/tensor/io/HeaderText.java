package dev.gavel.tensor.io;

import dev.gavel.tensor.FormatException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/// The JSON of a safetensors header, token by token, as strict as the reference reader
/// (serde_json): strict UTF-8, at most 127 levels, no number beyond a double, no lone surrogate.
/// Every error names the byte of the file.
final class HeaderText implements AutoCloseable {
  /// serde_json stops at its 128th level.
  private static final int MAX_DEPTH = 127;

  // Names are not interned nor kept in a symbol table: they come once each, and a hostile header of
  // 100 MB could fill the table with colliding ones.
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(1000)
                  .maxStringLength(SafetensorsFile.MAX_HEADER_BYTES)
                  .maxNameLength(SafetensorsFile.MAX_HEADER_BYTES)
                  .build())
          .build();

  // Jackson's hint of where an unclosed object began says only that it does not know.
  private static final Pattern START_MARKER =
      Pattern.compile(" \\(start marker at .*", Pattern.DOTALL);

  private static final Pattern CONTROL =
      Pattern.compile("\\p{Cntrl}", Pattern.UNICODE_CHARACTER_CLASS);

  private final String where;
  private final CharBuffer text;
  private final JsonParser parser;

  /// @param where the file, for messages
  HeaderText(byte[] header, String where) throws FormatException {
    this.where = where;
    this.text = decode(header, where);
    this.parser =
        FACTORY.createParser(
            ObjectReadContext.empty(),
            text.array(),
            text.arrayOffset() + text.position(),
            text.remaining());
  }

  private static CharBuffer decode(byte[] header, String where) throws FormatException {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(header);
    CharBuffer out = CharBuffer.allocate(header.length);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw new FormatException(
          "%s: header is not UTF-8 at byte %d".formatted(where, 8L + in.position()));
    }
    return out.flip();
  }

  /// The next token, its text checked; null only behind the last one.
  @Nullable JsonToken next() throws FormatException {
    try {
      JsonToken token = parser.nextToken();
      if (token == null) {
        return null;
      }
      switch (token) {
        case PROPERTY_NAME, VALUE_STRING -> checkSurrogates(parser.getString());
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> checkRange(parser.getString());
        default -> {}
      }
      return token;
    } catch (JacksonException e) {
      long at = e.getLocation() == null ? -1 : e.getLocation().getCharOffset();
      at = at < 0 ? parser.currentLocation().getCharOffset() : at;
      String reason = START_MARKER.matcher(e.getOriginalMessage()).replaceFirst("");
      throw new FormatException(
          "%s: header is not valid JSON at byte %d: %s".formatted(where, byteOf(at), reason), e);
    }
  }

  /// Whether the current token is of that kind.
  boolean at(JsonToken kind) {
    return parser.currentToken() == kind;
  }

  /// Text of the current token.
  String string() {
    return parser.getString();
  }

  /// Steps over the value that begins with the current token.
  void skip() throws FormatException {
    int depth = 0;
    for (JsonToken t = parser.currentToken(); ; t = next()) {
      if (t == null) {
        throw error("the header ends inside a value");
      }
      depth += t.isStructStart() ? 1 : t.isStructEnd() ? -1 : 0;
      if (depth == 0) {
        return;
      }
    }
  }

  /// An unsigned 64-bit integer, as the bits of a long.
  long unsigned(String what) throws FormatException {
    String digits = parser.getString();
    if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || digits.startsWith("-")) {
      throw error(what + " is " + shown() + ", expected a whole number of 0 or more");
    }
    try {
      return Long.parseUnsignedLong(digits);
    } catch (NumberFormatException e) {
      throw error(what + " is " + shown() + ", more than 64 bits hold");
    }
  }

  /// The current token for a message, shortened.
  String shown() {
    String s = shown(parser.getString());
    return parser.currentToken() == JsonToken.VALUE_STRING ? "\"" + s + "\"" : s;
  }

  /// A string of a file for a message: shortened, and without characters that a terminal obeys.
  static String shown(String s) {
    String cut = s.length() > 120 ? s.substring(0, 120) + "…" : s;
    return CONTROL.matcher(cut).replaceAll("\uFFFD");
  }

  /// An error at the current token.
  FormatException error(String message) {
    long at = parser.currentTokenLocation().getCharOffset();
    return new FormatException("%s: header byte %d: %s".formatted(where, byteOf(at), message));
  }

  private void checkSurrogates(String s) throws FormatException {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < s.length()
          && Character.isLowSurrogate(s.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw error("a string holds a lone surrogate (\\u%04x)".formatted((int) c));
      }
    }
  }

  private void checkRange(String number) throws FormatException {
    if (number.length() > 300 || number.indexOf('e') >= 0 || number.indexOf('E') >= 0) {
      if (Double.isInfinite(Double.parseDouble(number))) {
        throw error("the number " + shown() + " is out of range");
      }
    }
  }

  /// Byte of the file at a character of the header.
  private long byteOf(long charOffset) {
    int chars = Math.clamp(charOffset, 0, text.remaining());
    return 8L
        + StandardCharsets.UTF_8
            .encode(text.duplicate().limit(text.position() + chars))
            .remaining();
  }

  @Override
  public void close() {
    parser.close();
  }
}
