package dev.gavel.tensor.io;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Strict JSON: a duplicate key, trailing text or a NaN is an error that names the place.
public final class Json {
  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();
  private static final JsonMapper COMMENTED =
      STRICT.rebuild().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build();
  private static final JsonMapper STREAMING =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private static final Pattern NOISE =
      Pattern.compile("\\s*\\(start marker at \\[.*?]\\)|, from `StreamReadConstraints[^`]*`");

  private Json() {}

  /// The mapper behind this class.
  public static JsonMapper mapper() {
    return STRICT;
  }

  /// A mapper for files with hundreds of thousands of keys, whose caller streams and looks for
  /// duplicate keys itself (in what is read as a tree they are found as ever): what Jackson keeps
  /// of each key, to find it again, costs a third of such a file's reading. Give it a reader: the
  /// one that Jackson makes of bytes lets malformed ones pass.
  public static JsonMapper streaming() {
    return STREAMING;
  }

  /// Reads a whole file.
  public static JsonNode read(Path file) throws IOException {
    return parse(text(file), file.toString());
  }

  /// Reads a file in which `//` comments may stand (configs of ours only).
  public static JsonNode readCommented(Path file) throws IOException {
    return parse(COMMENTED, text(file), file.toString());
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new FormatException(file + ": not UTF-8", e);
    } catch (NoSuchFileException e) {
      throw new NoSuchFileException(file.toString(), null, "no such file");
    }
  }

  /// @param where what the text is, for the message of an error: a file, or `file:line`
  public static JsonNode parse(String text, String where) throws FormatException {
    return parse(STRICT, text, where);
  }

  private static JsonNode parse(JsonMapper mapper, String text, String where)
      throws FormatException {
    try {
      JsonNode node = mapper.readTree(text);
      if (node == null || node.isMissingNode()) {
        throw new FormatException(where + ": empty, expected JSON");
      }
      return node;
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      String place = at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr();
      throw new FormatException(where + place + ": not valid JSON: " + reason(e), e);
    }
  }

  /// What the parser says is wrong, without what it says about itself.
  public static String reason(JacksonException e) {
    return NOISE.matcher(String.valueOf(e.getOriginalMessage())).replaceAll("");
  }

  /// One line, keys in insertion order.
  public static String write(JsonNode node) {
    return STRICT.writeValueAsString(node);
  }

  /// Indented, keys in insertion order, with a newline at the end.
  public static String writePretty(JsonNode node) {
    return STRICT.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n";
  }
}
