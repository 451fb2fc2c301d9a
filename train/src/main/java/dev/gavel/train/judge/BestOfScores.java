package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// How the questions of RewardBench 2 are answered, into a file that goes on where it stopped.
interface BestOfScores {
  /// The file's name.
  String file();

  /// Everything that decides what it will hold.
  ObjectNode settings() throws IOException;

  /// Looks at the questions before anything is written.
  ///
  /// @throws FormatException naming one that cannot be asked
  void check(List<BestOfRow> rows) throws IOException;

  /// Answers what the file does not hold yet.
  ///
  /// @return an answer for each question; null when interrupted
  @Nullable List<Answer> run(Path file, List<BestOfRow> rows) throws IOException;

  /// @param scores of the responses; null where the best one was named instead
  /// @param credit what it is worth, but for Ties, which count as a whole
  /// @param draws of a judge that writes
  /// @param unread how many of them could not be read
  record Answer(double @Nullable [] scores, double credit, int draws, int unread) {}
}
