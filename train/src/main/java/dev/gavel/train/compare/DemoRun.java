package dev.gavel.train.compare;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.JudgeRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/// A miniature of the paper.
///
/// @param results its results.json, by method and section; missing where it is not done
record DemoRun(Folder folder, JsonNode results) implements Run {
  static boolean isOne(JsonNode settings) {
    return settings.has("demo");
  }

  static DemoRun read(Folder folder) throws IOException {
    Path results = folder.dir().resolve(JudgeRun.RESULTS);
    return new DemoRun(
        folder, Files.exists(results) ? Json.read(results) : Json.mapper().missingNode());
  }

  @Override
  public String what() {
    return "demo";
  }

  @Override
  public String state() {
    return results.isMissingNode() ? "not finished" : FINISHED;
  }
}
