package dev.gavel.train.data;

import dev.gavel.tensor.io.AtomicFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// What all line commands have in common: rows in, one line out for each, in order.
public final class Lines {
  private final LineOptions options;
  private final InputStream standardInput;
  private final OutputStream standardOutput;

  public Lines(LineOptions options, InputStream standardInput, OutputStream standardOutput) {
    this.options = options;
    this.standardInput = standardInput;
    this.standardOutput = standardOutput;
  }

  /// A command that answers each row by itself.
  public interface RowFunction {
    /// @return the result without the id
    /// @throws RowException when the row cannot be answered; an IllegalArgumentException means the
    ///   same
    ObjectNode apply(Row row) throws RowException, IOException;
  }

  /// A command that works on many rows at once. It writes them in their order.
  public interface Body {
    void run(RowReader in, RowWriter out) throws IOException;
  }

  /// What came of a call.
  ///
  /// @param firstBad place and error of the first bad row; empty without any
  public record Summary(int rows, int bad, String firstBad) {}

  /// Answers row by row.
  public Summary each(RowFunction function) throws IOException {
    return run((in, out) -> {
      for (Item item = in.next(); item != null; item = in.next()) {
        answer(item, function, out);
      }
    });
  }

  private static void answer(Item item, RowFunction function, RowWriter out) throws IOException {
    switch (item) {
      case BadRow bad -> out.write(bad);
      case Row row -> {
        ObjectNode result;
        try {
          result = function.apply(row);
        } catch (RowException | IllegalArgumentException e) {
          out.write(row.bad(String.valueOf(e.getMessage())));
          return;
        }
        out.write(row, result);
      }
    }
  }

  /// Hands reader and writer to `body`, then closes them. The output file appears when all is well;
  /// bad rows do not prevent it.
  public Summary run(Body body) throws IOException {
    Path file = options.outputFile().orElse(null);
    if (file == null) {
      return run(body, standardOutput);
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      try (OutputStream special = Files.newOutputStream(file)) { // /dev/null, a named pipe
        return run(body, special);
      }
    }
    @Nullable Summary[] summary = new Summary[1];
    AtomicFiles.write(file, channel -> summary[0] = run(body, Channels.newOutputStream(channel)));
    return Objects.requireNonNull(summary[0]);
  }

  private Summary run(Body body, OutputStream to) throws IOException {
    RowWriter out = new RowWriter(to, options.dataset().size() > 1);
    try (RowReader in = RowReader.open(options.dataset(), standardInput, () -> flush(out))) {
      body.run(in, out);
      out.flush();
      return new Summary(in.count(), out.bad(), out.firstBad());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void flush(RowWriter out) {
    try {
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
