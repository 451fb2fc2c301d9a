package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Turns the rows of one call, over all its files, into pairs with distinct ids.
public final class PairReader {
  private final @Nullable PairFormat format;
  private final Map<JsonNode, String> places = new HashMap<>();
  private long rows;

  /// @param format the form of all rows; null: recognised row by row
  public PairReader(@Nullable PairFormat format) {
    this.format = format;
  }

  /// The next row. A row without id gets its 0-based number among all rows read here.
  ///
  /// @param where `file:line`, for messages
  /// @throws FormatException for a missing key, a value of another kind, or an id seen before
  public PairRow read(JsonNode row, String where) throws FormatException {
    if (!row.isObject()) {
      throw new FormatException(where + ": expected an object, found " + row.getNodeType());
    }
    JsonNode id = id(row, where);
    return pair(format != null ? format : PairFormat.recognise(row, where), row, id, where);
  }

  private JsonNode id(JsonNode row, String where) throws FormatException {
    long number = rows++;
    JsonNode id = row.path("id");
    if (id.isMissingNode() || id.isNull()) {
      id = Json.mapper().getNodeFactory().numberNode(number);
    } else if (!id.isString() && !id.isNumber()) {
      throw new FormatException(where + ": 'id' is " + id + ", expected a string or a number");
    }
    String earlier = places.putIfAbsent(key(id), where);
    if (earlier != null) {
      throw new FormatException(
          where + ": id " + id + " was already given at " + earlier + "; ids must differ");
    }
    return id;
  }

  /// A number is one id however it is spelt: 7 as an int is 7 as a long.
  private static JsonNode key(JsonNode id) {
    return id.isNumber()
        ? Json.mapper().getNodeFactory().numberNode(id.decimalValue().stripTrailingZeros())
        : id;
  }

  private static PairRow pair(PairFormat form, JsonNode row, JsonNode id, String where)
      throws FormatException {
    JsonNode first = form.required(row, form.first, where);
    JsonNode second = form.required(row, form.second, where);
    List<Message> prompt;
    if (first.isArray() && second.isArray() && !row.has(form.prompt)) {
      prompt = implicitPrompt(form, first, second, where);
    } else {
      prompt = Messages.conversation(form.required(row, form.prompt, where), form.prompt, where);
    }
    Label label = form.label(row, where);
    JsonNode subset =
        form == PairFormat.REWARDBENCH ? form.required(row, "subset", where) : row.path("subset");
    return new PairRow(
        id,
        prompt,
        Messages.response(first, prompt, form.first, where),
        Messages.response(second, prompt, form.second, where),
        label,
        subset.isString() ? subset.stringValue() : null);
  }

  /// Both responses are whole conversations that agree up to their last turn.
  private static List<Message> implicitPrompt(
      PairFormat form, JsonNode first, JsonNode second, String where) throws FormatException {
    List<Message> a = Messages.conversation(first, form.first, where);
    List<Message> b = Messages.conversation(second, form.second, where);
    List<Message> prompt = new ArrayList<>(a.subList(0, a.size() - 1));
    if (prompt.isEmpty() || !prompt.equals(b.subList(0, b.size() - 1))) {
      throw new FormatException(
          "%s: without a '%s', '%s' and '%s' must be conversations that differ in their last turn only"
              .formatted(where, form.prompt, form.first, form.second));
    }
    return prompt;
  }
}
