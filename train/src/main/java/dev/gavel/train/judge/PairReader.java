package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
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
