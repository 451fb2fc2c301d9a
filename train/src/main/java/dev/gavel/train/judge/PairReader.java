package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Turns rows into pairs.
public final class PairReader {
  private final @Nullable PairFormat format;

  /// @param format the form of all rows; null: recognised row by row
  public PairReader(@Nullable PairFormat format) {
    this.format = format;
  }

  /// All rows of some files; a bad one ends the reading.
  ///
  /// @throws FormatException naming its file and line
  public List<PairRow> readAll(List<Path> files) throws IOException {
    List<PairRow> rows = new ArrayList<>();
    try (RowReader in = RowReader.open(files, InputStream.nullInputStream(), () -> {})) {
      for (Item item; (item = in.next()) != null; ) {
        switch (item) {
          case Row row -> rows.add(readOrFail(row));
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
    PairFormat form = format != null ? format : PairFormat.recognise(row);
    JsonNode first = row.value(form.first);
    JsonNode second = row.value(form.second);
    List<Message> prompt =
        first.isArray() && second.isArray() && !row.has(form.prompt)
            ? implicitPrompt(form, row)
            : Messages.conversation(row, form.prompt);
    return new PairRow(
        row.id(),
        prompt,
        Messages.response(row, form.first, prompt),
        Messages.response(row, form.second, prompt),
        form.label(row),
        form == PairFormat.REWARDBENCH
            ? row.text("subset")
            : row.optionalText("subset").orElse(null));
  }

  /// Both responses are whole conversations that agree up to their last turn.
  private static List<Message> implicitPrompt(PairFormat form, Row row) throws RowException {
    List<Message> a = Messages.conversation(row, form.first);
    List<Message> b = Messages.conversation(row, form.second);
    List<Message> prompt = a.subList(0, a.size() - 1);
    if (prompt.isEmpty() || !prompt.equals(b.subList(0, b.size() - 1))) {
      throw new RowException(
          "without a '%s', '%s' and '%s' must be conversations that differ in their last turn only"
              .formatted(form.prompt, form.first, form.second));
    }
    return prompt;
  }
}
