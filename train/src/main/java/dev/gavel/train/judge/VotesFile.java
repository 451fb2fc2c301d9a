package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.Consumer;

/// `votes.jsonl`: one line for each draw, only ever appended to. After a kill its whole lines
/// stand; half a line is cut off.
public final class VotesFile implements AutoCloseable {
  public static final String NAME = "votes.jsonl";

  private final FileChannel channel;
  private final Path file;

  private VotesFile(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
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
    long whole = Files.exists(file) ? votes(file, each) : 0;
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    channel.truncate(whole);
    channel.position(whole);
    return new VotesFile(file, channel);
  }

  /// @return bytes of the whole lines
  private static long votes(Path file, Consumer<Vote> each) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int from = 0;
    int line = 1;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        String text = new String(Arrays.copyOfRange(bytes, from, i), StandardCharsets.UTF_8);
        each.accept(parse(text, file + ":" + line++));
        from = i + 1;
      }
    }
    return from;
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
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(vote.toLine() + "\n");
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.force(true);
    channel.close();
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
