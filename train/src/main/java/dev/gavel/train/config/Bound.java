package dev.gavel.train.config;

import dev.gavel.tensor.io.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The options of a call, and where each came from.
public final class Bound<R extends Record> {
  private final Schema<R> schema;
  private final R options;
  private final Map<String, String> origins;
  private final Set<String> unread;

  Bound(Schema<R> schema, R options, Map<String, String> origins, Set<String> unread) {
    this.schema = schema;
    this.options = options;
    this.origins = origins;
    this.unread = unread;
  }

  /// The record.
  public R options() {
    return options;
  }

  /// Every option with its value; `--config` reads it back to an equal record.
  public ObjectNode json() {
    return schema.json(options);
  }

  /// `default`, `flag`, or the name of the file.
  public String origin(String key) {
    return origins.getOrDefault(key, "default");
  }

  /// Whether an option is read in this call; see [Opt#with].
  public boolean isRead(String key) {
    return !unread.contains(key);
  }

  /// The resolved config as a text with each value's origin in a comment, itself a config file.
  public String explained() {
    List<String> lines = new ArrayList<>();
    int left = json().size();
    for (Map.Entry<String, JsonNode> entry : json().properties()) {
      left--;
      String key = entry.getKey();
      lines.add(
          "  \"%s\": %s%s // %s"
              .formatted(
                  key,
                  Json.write(entry.getValue()),
                  left > 0 ? "," : "",
                  origin(key) + (isRead(key) ? "" : ", not used here")));
    }
    return "{\n" + String.join("\n", lines) + "\n}\n";
  }
}
