package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.train.data.Pair.Better;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Reads the pair of a row, in whichever form it is written: what judges and training have in
/// common.
public final class PairParser {
  /// Decides random partners where nothing else is asked for.
  public static final long DEFAULT_SEED = 42;

  private final @Nullable PairFormat format;
  private final Columns columns;
  private final UltraFeedback ultraFeedback;

  /// Names of the keys of [PairFormat#PREFERENCE].
  record Columns(String prompt, String chosen, String rejected) {
    static final Columns DEFAULT = new Columns("prompt", "chosen", "rejected");
  }

  /// @param format the form of all rows; null: recognised row by row
  /// @param seed decides, with a row's id or text, which other answer stands against the best one
  ///   in [PairFormat#ULTRAFEEDBACK]
  public PairParser(@Nullable PairFormat format, long seed) {
    this(format, Columns.DEFAULT, seed);
  }

  PairParser(@Nullable PairFormat format, Columns columns, long seed) {
    this.format = format;
    this.columns = columns;
    this.ultraFeedback = new UltraFeedback(seed);
  }

  /// The form of a row.
  ///
  /// @throws RowException when it is none
  public PairFormat format(Row row) throws RowException {
    if (format != null) {
      return format;
    }
    boolean renamed = !columns.equals(Columns.DEFAULT);
    return renamed && row.has(columns.chosen) && row.has(columns.rejected)
        ? PairFormat.PREFERENCE
        : PairFormat.recognise(row);
  }

  /// @throws RowException for a missing key or a value of another kind
  public Pair parse(Row row) throws RowException {
    PairFormat form = format(row);
    return switch (form) {
      case PREFERENCE -> preference(row, columns);
      case ULTRAFEEDBACK_BINARIZED -> preference(row, Columns.DEFAULT);
      case RESPONSES ->
          new Pair(answers(row, new Columns("prompt", "response_a", "response_b")), label(row));
      case REWARDBENCH ->
          new Pair(Turns.talks(row, form.prompt, form.first, form.second), Better.FIRST);
      case LLMBAR -> new Pair(Turns.talks(row, form.prompt, form.first, form.second), best(row));
      case ULTRAFEEDBACK -> ultraFeedback.parse(row);
      case ULTRAINTERACT -> ultraInteract(row);
      case HH_RLHF ->
          new Pair(
              Turns.shared(
                  form.first,
                  Transcript.turns(row, form.first),
                  form.second,
                  Transcript.turns(row, form.second)),
              Better.FIRST);
    };
  }

  private static Pair preference(Row row, Columns keys) throws RowException {
    return new Pair(answers(row, keys), Better.FIRST);
  }

  private static Pair.Answers answers(Row row, Columns keys) throws RowException {
    boolean prompted = row.has(keys.prompt) && !row.value(keys.prompt).isNull();
    JsonNode first = row.value(keys.chosen);
    JsonNode second = row.value(keys.rejected);
    boolean talks =
        first.isArray() || second.isArray() || (prompted && row.value(keys.prompt).isArray());
    if (!talks) {
      return new Pair.Texts(
          prompted ? Optional.of(row.text(keys.prompt)) : Optional.empty(),
          row.text(keys.chosen),
          row.text(keys.rejected));
    }
    return prompted
        ? Turns.talks(row, keys.prompt, keys.chosen, keys.rejected)
        : Turns.shared(
            keys.chosen,
            Turns.conversation(row, keys.chosen),
            keys.rejected,
            Turns.conversation(row, keys.rejected));
  }

  private static Better label(Row row) throws RowException {
    if (!row.has("label") || row.value("label").isNull()) {
      return Better.UNKNOWN;
    }
    return switch (row.value("label").asString("")) {
      case "A" -> Better.FIRST;
      case "B" -> Better.SECOND;
      case "tie" -> Better.TIE;
      default -> throw wrongLabel(row, "\"A\", \"B\" or \"tie\"");
    };
  }

  private static Better best(Row row) throws RowException {
    return switch (row.value("label").asString("")) {
      case "1" -> Better.FIRST;
      case "2" -> Better.SECOND;
      default -> throw wrongLabel(row, "1 or 2");
    };
  }

  private static RowException wrongLabel(Row row, String expected) {
    return new RowException("'label' is " + row.json().get("label") + ", expected " + expected);
  }

  private static Pair ultraInteract(Row row) throws RowException {
    JsonNode trajectory = row.value("trajectory");
    if (!trajectory.isArray() || trajectory.isEmpty()) {
      throw new RowException(
          "'trajectory' is %s, expected turns".formatted(Texts.kind(trajectory)));
    }
    List<Message> prompt = new ArrayList<>();
    for (JsonNode turn : trajectory) {
      JsonNode from = turn.path("from");
      JsonNode value = turn.path("value");
      if (!from.isString() || !value.isString()) {
        throw new RowException(
            "'trajectory' holds %s, expected turns {\"from\", \"value\"}"
                .formatted(Texts.kind(turn)));
      }
      prompt.add(new Message(from.stringValue(), Texts.wellFormed(value.stringValue())));
    }
    return new Pair(
        new Pair.Talks(
            prompt,
            List.of(Message.assistant(row.text("chosen"))),
            List.of(Message.assistant(row.text("rejected")))),
        Better.FIRST);
  }

  /// Which rows of UltraInteract belong together: its tree's root, the first part of `parent_id` or
  /// `id`. A root must not stand in two splits.
  public static Optional<String> root(Row row) throws RowException {
    if (!row.has("trajectory")) {
      return Optional.empty();
    }
    String key = row.has("parent_id") && !row.value("parent_id").isNull() ? "parent_id" : "id";
    if (!row.has(key) || !row.value(key).isString()) {
      return Optional.empty();
    }
    String id = row.text(key);
    int end = id.indexOf('_');
    return Optional.of(end < 0 ? id : id.substring(0, end));
  }
}
