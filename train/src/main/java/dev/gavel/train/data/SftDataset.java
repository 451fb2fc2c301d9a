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
    Builder builder = new Builder(files, maxLength, truncation);
    tokenizer.nextDataset();
    try (RowReader reader = RowReader.open(files, InputStream.nullInputStream(), () -> {})) {
      for (@Nullable Item item = reader.next(); item != null; item = reader.next()) {
        builder.add(tokenized(item, tokenizer));
      }
    }
    SftDataset dataset = builder.build();
    if (dataset.rows().isEmpty()) {
      throw new FormatException(dataset.empty(maxLength));
    }
    return dataset;
  }

  /// Gathers rows, cutting what is too long and leaving out what has nothing to learn.
  public static final class Builder {
    private final String name;
    private final int maxLength;
    private final Truncation truncation;
    private final List<Tokenized> rows = new ArrayList<>();
    private int read;
    private int cut;
    private long cutTokens;

    /// @param maxLength tokens of a row; 0: any number
    public Builder(List<Path> files, int maxLength, Truncation truncation) {
      this.name = String.join(", ", files.stream().map(Path::toString).toList());
      this.maxLength = maxLength;
      this.truncation = truncation;
    }

    public void add(Tokenized row) {
      read++;
      Tokenized kept = row;
      if (maxLength > 0 && row.length() > maxLength) {
        cut++;
        cutTokens += row.length() - maxLength;
        kept = row.cut(maxLength, truncation);
      }
      if (kept.scored() > 0) {
        rows.add(kept);
      }
    }

    public SftDataset build() {
      return new SftDataset(name, rows, read, cut, cutTokens, read - rows.size());
    }
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
