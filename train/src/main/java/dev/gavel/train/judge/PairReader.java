package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.Pair;
import dev.gavel.train.data.PairFormat;
import dev.gavel.train.data.PairParser;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Turns rows into pairs that are put to a judge.
public final class PairReader {
  private final PairParser parser;

  /// @param format the form of all rows; null: recognised row by row
  public PairReader(@Nullable PairFormat format) {
    this(format, PairParser.DEFAULT_SEED);
  }

  /// @param seed decides random partners ([PairFormat#ULTRAFEEDBACK])
  public PairReader(@Nullable PairFormat format, long seed) {
    this.parser = new PairParser(format, seed);
  }

  /// A pair and the row that it was read from.
  public record Entry(Row row, PairRow pair) {}

  /// All pairs of some files; a bad row ends the reading.
  ///
  /// @throws FormatException naming its file and line
  public List<PairRow> readAll(List<Path> files) throws IOException {
    return readEntries(files).stream().map(Entry::pair).toList();
  }

  /// Likewise, with the rows.
  public List<Entry> readEntries(List<Path> files) throws IOException {
    List<Entry> rows = new ArrayList<>();
    try (RowReader in = RowReader.open(files, InputStream.nullInputStream(), () -> {})) {
      for (Item item; (item = in.next()) != null; ) {
        switch (item) {
          case Row row -> rows.add(new Entry(row, readOrFail(row)));
          case BadRow bad -> throw new FormatException(bad.place() + ": " + bad.error());
        }
      }
    }
    return rows;
  }

  private PairRow readOrFail(Row row) throws FormatException {
    try {
      return read(row);
    } catch (RowException e) {
      throw new FormatException(row.place() + ": " + e.getMessage(), e);
    }
  }

  /// @throws RowException for a missing key or a value of another kind
  public PairRow read(Row row) throws RowException {
    Pair pair = parser.parse(row);
    String subset =
        parser.format(row) == PairFormat.REWARDBENCH
            ? row.text("subset")
            : row.json().path("subset").isNull() ? null : row.optionalText("subset").orElse(null);
    return switch (pair.answers()) {
      case Pair.Texts texts ->
          new PairRow(
              row.id(),
              List.of(
                  Message.user(
                      texts.prompt().isPresent() ? texts.prompt().get() : row.text("prompt"))),
              texts.first(),
              texts.second(),
              label(pair),
              subset);
      case Pair.Talks talks ->
          new PairRow(
              row.id(),
              talks.prompt(),
              answer("first", talks.first()),
              answer("second", talks.second()),
              label(pair),
              subset);
    };
  }

  private static String answer(String which, List<Message> turns) throws RowException {
    if (turns.size() != 1) {
      throw new RowException(
          "the %s answer has %d turns after those that both share, expected one: a judge compares"
                  .formatted(which, turns.size())
              + " single answers");
    }
    return turns.getFirst().content();
  }

  private static @Nullable Label label(Pair pair) {
    return switch (pair.better()) {
      case FIRST -> Label.FIRST;
      case SECOND -> Label.SECOND;
      case TIE -> Label.TIE;
      case UNKNOWN -> null;
    };
  }
}
