package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.Verdict;
import tools.jackson.databind.node.ObjectNode;

/// A pair to be judged, as a row.
public final class TestPair {
  private final String id;
  private final String section;
  private final Pair pair;

  TestPair(String id, String section, Pair pair) {
    this.id = id;
    this.section = section;
    this.pair = pair;
  }

  String id() {
    return id;
  }

  /// The title of the part of the test that it belongs to.
  String section() {
    return section;
  }

  Pair pair() {
    return pair;
  }

  /// The labelled answer is `chosen`; the judge's placement mixes them again. `kind` (content, tie
  /// or safety) says what decides the pair.
  public ObjectNode toJson() {
    Verdict label = pair.label();
    return Json.mapper()
        .createObjectNode()
        .put("id", id)
        .put("prompt", pair.questionText())
        .put("chosen", pair.at(label).text())
        .put("rejected", pair.at(label.other()).text())
        .put("subset", section)
        .put("kind", pair.kind().word());
  }
}
