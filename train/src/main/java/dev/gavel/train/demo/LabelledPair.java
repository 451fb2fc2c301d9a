package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A pair that people were asked about, as a row: to learn from, or to be judged.
public final class LabelledPair {
  /// How a row is written.
  public enum Form {
    /// Question and answers as texts: for whoever reads both answers in one prompt.
    TEXTS(""),
    /// Question and answers as turns of a conversation, as the base model met them: for reward
    /// models, which read one answer at a time.
    CHAT("-chat");

    private final String suffix;

    Form(String suffix) {
      this.suffix = suffix;
    }

    /// The file of rows of this form.
    String file(String name) {
      return name + suffix + ".jsonl";
    }
  }

  private final String id;
  private final String section;
  private final Pair pair;

  LabelledPair(String id, String section, Pair pair) {
    this.id = id;
    this.section = section;
    this.pair = pair;
  }

  String id() {
    return id;
  }

  /// The title of the part of the data that it belongs to.
  String section() {
    return section;
  }

  Pair pair() {
    return pair;
  }

  /// The labelled answer is `chosen`; the judge's placement mixes them again. `kind` (content, tie
  /// or safety) says what decides the pair.
  public ObjectNode toJson(Form form) {
    Answer chosen = pair.at(pair.label());
    Answer rejected = pair.at(pair.label().other());
    ObjectNode row = Json.mapper().createObjectNode().put("id", id);
    switch (form) {
      case TEXTS ->
          row.put("prompt", pair.questionText())
              .put("chosen", chosen.text())
              .put("rejected", rejected.text());
      case CHAT -> {
        turn(turn(row.putArray("prompt"), "system", Document.CHAT), "user", pair.questionText());
        turn(row.putArray("chosen"), "assistant", Document.turnText(chosen));
        turn(row.putArray("rejected"), "assistant", Document.turnText(rejected));
      }
    }
    return row.put("subset", section).put("kind", pair.kind().word());
  }

  private static ArrayNode turn(ArrayNode turns, String role, String content) {
    turns.addObject().put("role", role).put("content", content);
    return turns;
  }
}
