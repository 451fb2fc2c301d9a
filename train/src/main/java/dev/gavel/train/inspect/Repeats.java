package dev.gavel.train.inspect;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Place;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Finds JSON values that came before. Of each 128 bits of its SHA-256 are kept, and its place.
final class Repeats {
  private final Map<UUID, Place> first = new HashMap<>();
  private int count;
  private String example = "";
  private int inOtherFiles;
  private String otherExample = "";

  /// A value that stands at a place.
  void add(JsonNode value, Place place) {
    @Nullable Place before = first.putIfAbsent(digest(Json.write(value)), place);
    if (before == null) {
      return;
    }
    String both = place + ", as in " + before;
    if (count++ == 0) {
      example = both;
    }
    if (!before.source().equals(place.source()) && inOtherFiles++ == 0) {
      otherExample = both;
    }
  }

  /// A row, whatever its id and the order of its keys.
  void addRow(ObjectNode row, Place place) {
    add(content(row), place);
  }

  /// A row without its id, its keys sorted.
  static ObjectNode content(ObjectNode row) {
    Map<String, JsonNode> sorted = new TreeMap<>();
    row.properties().forEach(e -> sorted.put(e.getKey(), e.getValue()));
    sorted.remove("id");
    ObjectNode content = Json.mapper().createObjectNode();
    content.setAll(sorted);
    return content;
  }

  static UUID digest(String text) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      ByteBuffer bits = ByteBuffer.wrap(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
      return new UUID(bits.getLong(), bits.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  /// How many rows repeat an earlier one, and the first of them: `3; the first: rows.jsonl:7, as in
  /// rows.jsonl:2`.
  String describe() {
    return count == 0 ? "none" : "%,d; the first: %s".formatted(count, example);
  }

  /// The same for rows whose value came first in another file.
  String describeLeaks() {
    return inOtherFiles == 0 ? "none" : "%,d; the first: %s".formatted(inOtherFiles, otherExample);
  }

  boolean isEmpty() {
    return first.isEmpty();
  }
}
