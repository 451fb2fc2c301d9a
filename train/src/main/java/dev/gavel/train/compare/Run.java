package dev.gavel.train.compare;

import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A run, as its folder tells it.
sealed interface Run permits TrainedRun, JudgedRun, ScoredRun, StarredRun, DemoRun {
  /// What all runs have.
  ///
  /// @param name on the page, unlike that of any other run there
  /// @param settings what decided its results, from its own file
  record Folder(Path dir, String name, JsonNode settings) {}

  Folder folder();

  /// The command that made it, and how.
  String what();

  /// `finished`, or how far it is.
  String state();

  default String name() {
    return folder().name();
  }

  default boolean isFinished() {
    return state().equals(FINISHED);
  }

  /// Settings that say where and how, and not what came out.
  default Map<String, JsonNode> settings() {
    return Settings.of(folder().settings());
  }

  String FINISHED = "finished";
}
