package dev.gavel.train.data;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Rows of supervised fine-tuning, ready to be learned, and what was done to them.
///
/// @param name the files
/// @param rows those that can be learned
/// @param read how many there were
/// @param cut how many lost tokens to `max_length`
/// @param cutTokens how many tokens that were
/// @param dropped how many had no label, or none left
public record SftDataset(
    String name, List<Tokenized> rows, int read, int cut, long cutTokens, int dropped) {
  public SftDataset {
    rows = List.copyOf(rows);
  }

  /// Reads files as one data set.
  ///
  /// @param maxLength tokens of a row; 0: any number
  /// @throws FormatException naming file and line of the first row that cannot be used, or saying
  ///   that none is left
  public static SftDataset read(
      List<Path> files, SftRows tokenizer, int maxLength, Truncation truncation)
      throws IOException {
    String name = String.join(", ", files.stream().map(Path::toString).toList());
    tokenizer.nextDataset();
    List<Tokenized> rows = new ArrayList<>();
    int cut = 0;
    long cutTokens = 0;
    int read = 0;
    try (RowReader reader = RowReader.open(files, InputStream.nullInputStream(), () -> {})) {
      for (@Nullable Item item = reader.next(); item != null; item = reader.next()) {
        Tokenized row = tokenized(item, tokenizer);
        read++;
        if (maxLength > 0 && row.length() > maxLength) {
          cut++;
          cutTokens += row.length() - maxLength;
          row = row.cut(maxLength, truncation);
        }
        if (row.scored() > 0) {
          rows.add(row);
        }
      }
    }
    SftDataset dataset = new SftDataset(name, rows, read, cut, cutTokens, read - rows.size());
    if (rows.isEmpty()) {
      throw new FormatException(dataset.empty(maxLength));
    }
    return dataset;
  }

  private static Tokenized tokenized(Item item, SftRows tokenizer) throws FormatException {
    return switch (item) {
      case BadRow bad -> throw new FormatException(bad.place() + ": " + bad.error());
      case Row row -> {
        try {
          yield tokenizer.tokenize(row);
        } catch (RowException | IllegalArgumentException e) {
          throw new FormatException(row.place() + ": " + e.getMessage(), e);
        }
      }
    };
  }

  private String empty(int maxLength) {
    return read == 0
        ? name + ": holds no rows"
        : "%s: none of the %d rows has a token to learn%s"
            .formatted(
                name,
                read,
                cut == 0 ? "" : "; %d were cut to max_length %d".formatted(cut, maxLength));
  }

  /// Tokens of all rows.
  public long tokens() {
    return rows.stream().mapToLong(Tokenized::length).sum();
  }

  /// Tokens that the loss sees.
  public long labels() {
    return rows.stream().mapToLong(Tokenized::scored).sum();
  }

  /// One line for people.
  public String describe(int maxLength) {
    String text =
        "%s: %d of %d rows, %,d tokens, %,d of them learned"
            .formatted(name, rows.size(), read, tokens(), labels());
    if (cut > 0) {
      text += "; %d cut to max_length %d (%,d tokens lost)".formatted(cut, maxLength, cutTokens);
    }
    return dropped == 0 ? text : text + "; %d dropped without a label".formatted(dropped);
  }
}
