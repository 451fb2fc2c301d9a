package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/// `votes.jsonl`: one line for each draw, only ever appended to. After a kill its whole lines
/// stand; half a line is cut off.
public final class VotesFile implements AutoCloseable {
  public static final String NAME = "votes.jsonl";

  private final AppendedLines lines;

  private VotesFile(AppendedLines lines) {
    this.lines = lines;
  }

  /// Hands out the votes of a judged folder, in their order.
  ///
  /// @throws IllegalStateException where a line is not a vote
  public static void read(Path folder, Consumer<Vote> each) throws IOException {
    votes(folder.resolve(NAME), each);
  }

  /// Hands out the votes of a file of another name.
  public static void readFile(Path file, Consumer<Vote> each) throws IOException {
    votes(file, each);
  }

  /// Opens the file at its end, after handing its votes to `each`.
  static VotesFile open(Path folder, Consumer<Vote> each) throws IOException {
    return openFile(folder.resolve(NAME), each);
  }

  /// Likewise, a file of another name.
  static VotesFile openFile(Path file, Consumer<Vote> each) throws IOException {
    return new VotesFile(AppendedLines.open(file, each(file, each)));
  }

  private static void votes(Path file, Consumer<Vote> each) throws IOException {
    AppendedLines.read(file, each(file, each));
  }

  private static AppendedLines.Reader each(Path file, Consumer<Vote> each) {
    return (line, number) -> each.accept(parse(line, file + ":" + number));
  }

  private static Vote parse(String text, String where) {
    try {
      return Vote.parse(text, where);
    } catch (FormatException e) {
      throw new IllegalStateException(
          e.getMessage() + "; the file was changed: choose another --output_dir or remove it", e);
    }
  }

  /// Hands one line to the system.
  void append(Vote vote) throws IOException {
    lines.append(vote.toLine());
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  @Override
  public String toString() {
    return lines.toString();
  }
}
