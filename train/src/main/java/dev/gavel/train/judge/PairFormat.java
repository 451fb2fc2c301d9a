package dev.gavel.train.judge;

import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The forms in which files write a pair.
public enum PairFormat {
  /// `{"id"?, "prompt", "chosen", "rejected", "subset"?}`; texts or messages.
  PREFERENCE("prompt", "chosen", "rejected"),
  /// `{"id"?, "prompt", "response_a", "response_b", "label"?: "A" | "B" | "tie"}`.
  RESPONSES("prompt", "response_a", "response_b"),
  /// `{"input", "output_1", "output_2", "label": 1 | 2}`.
  LLMBAR("input", "output_1", "output_2"),
  /// RewardBench's columns: a text prompt, `chosen`, `rejected`, `subset`, `id`.
  REWARDBENCH("prompt", "chosen", "rejected");

  final String prompt;
  final String first;
  final String second;

  PairFormat(String prompt, String first, String second) {
    this.prompt = prompt;
    this.first = first;
    this.second = second;
  }

  /// The form of a row by its keys. RewardBench's rows read as preferences with a subset, so they
  /// need no recognising of their own.
  ///
  /// @throws RowException naming the keys that are there and those that could be
  static PairFormat recognise(Row row) throws RowException {
    PairFormat format = byKeys(row);
    if (format != null) {
      return format;
    }
    throw new RowException(
        "no pair of responses (keys: %s); expected %s"
            .formatted(
                String.join(", ", row.json().propertyNames()), String.join(", or ", forms())));
  }

  /// Whether a row is meant as a pair.
  public static boolean isPair(Row row) {
    return byKeys(row) != null;
  }

  /// The key of a pair's prompt.
  public static String promptKey(Row row) {
    PairFormat format = byKeys(row);
    return (format == null ? PREFERENCE : format).prompt;
  }

  private static @Nullable PairFormat byKeys(Row row) {
    for (PairFormat format : List.of(LLMBAR, RESPONSES, PREFERENCE)) {
      if (row.has(format.first) || row.has(format.second)) {
        return format;
      }
    }
    return null;
  }

  private static List<String> forms() {
    return Arrays.stream(values())
        .filter(f -> f != REWARDBENCH)
        .map(f -> f.prompt + ", " + f.first + ", " + f.second)
        .toList();
  }

  @Nullable Label label(Row row) throws RowException {
    return switch (this) {
      case PREFERENCE, REWARDBENCH -> Label.FIRST;
      case LLMBAR ->
          switch (row.value("label").asString("")) {
            case "1" -> Label.FIRST;
            case "2" -> Label.SECOND;
            default -> throw wrongLabel(row, "1 or 2");
          };
      case RESPONSES -> row.json().path("label").isNull() || !row.has("label") ? null : named(row);
    };
  }

  private static Label named(Row row) throws RowException {
    return switch (row.value("label").asString("")) {
      case "A" -> Label.FIRST;
      case "B" -> Label.SECOND;
      case "tie" -> Label.TIE;
      default -> throw wrongLabel(row, "\"A\", \"B\" or \"tie\"");
    };
  }

  private static RowException wrongLabel(Row row, String expected) {
    return new RowException("'label' is " + row.json().get("label") + ", expected " + expected);
  }
}
