package dev.gavel.bench.peer;

import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// A request, with the defaults that all sides share.
record Ask(JsonNode json) {
  int threads() {
    return json.path("threads").asInt(1);
  }

  double seconds(double otherwise) {
    return json.path("seconds").asDouble(otherwise);
  }

  /// Calls that are timed at least.
  int least() {
    return json.path("least").asInt(3);
  }

  int integer(String key, int otherwise) {
    return json.path(key).asInt(otherwise);
  }

  /// Whether something is asked for; it is not when nothing is said.
  boolean flag(String key) {
    return json.path(key).asBoolean(false);
  }

  String text(String key, String otherwise) {
    return json.path(key).asString(otherwise);
  }

  /// A model folder; empty where none is named.
  Optional<Path> model() {
    return json.has("model") ? Optional.of(Path.of(text("model", ""))) : Optional.empty();
  }

  Path model(String otherwise) {
    return model().orElseGet(() -> PeersFolder.path().resolve("models").resolve(otherwise));
  }
}
