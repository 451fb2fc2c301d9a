package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The lines of a `votes.jsonl`, one after the other.
final class VoteLines implements AutoCloseable {
  private final Path file;
  private final BufferedReader in;
  private int number;

  /// A vote and the line that it was read from, without its newline.
  record Line(Vote vote, String text) {}

  private VoteLines(Path file, BufferedReader in) {
    this.file = file;
    this.in = in;
  }

  static VoteLines open(Path folder) throws IOException {
    return openFile(folder.resolve(VotesFile.NAME));
  }

  /// Opens a file of another name.
  static VoteLines openFile(Path file) throws IOException {
    return new VoteLines(file, Files.newBufferedReader(file));
  }

  /// @return null at the end
  @Nullable Line next() throws IOException {
    String text = in.readLine();
    if (text == null) {
      return null;
    }
    number++;
    return new Line(Vote.parse(text, toString()), text);
  }

  /// The vote that must stand next.
  ///
  /// @param place of it in `order`
  Line next(VoteOrder order, long place) throws IOException {
    Line line = next();
    if (line == null || !order.hasAt(place, line.vote())) {
      throw new FormatException(
          "%s: expected %s, found %s; the file was changed"
              .formatted(
                  line == null ? file : this,
                  order.describe(place),
                  line == null ? "its end" : VoteOrder.describe(line.vote())));
    }
    return line;
  }

  void requireEnd() throws IOException {
    if (next() != null) {
      throw new FormatException(this + ": one vote more than the pairs have; the file was changed");
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /// The place of the last line.
  @Override
  public String toString() {
    return file + ":" + number;
  }
}
