package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

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
  /// @throws FormatException naming what is missing and the keys that are there
  static PairFormat recognise(JsonNode row, String where) throws FormatException {
    for (PairFormat format : List.of(LLMBAR, RESPONSES, PREFERENCE)) {
      if (row.has(format.first) || row.has(format.second)) {
        return format;
      }
    }
    throw new FormatException(
        "%s: no pair of responses (keys: %s); expected %s"
            .formatted(where, keys(row), String.join(", or ", forms())));
  }

  private static List<String> forms() {
    return Arrays.stream(values())
        .filter(f -> f != REWARDBENCH)
        .map(f -> f.prompt + ", " + f.first + ", " + f.second)
        .toList();
  }

  @Nullable Label label(JsonNode row, String where) throws FormatException {
    JsonNode label = row.path("label");
    return switch (this) {
      case PREFERENCE, REWARDBENCH -> Label.FIRST;
      case LLMBAR ->
          switch (required(row, "label", where).asString()) {
            case "1" -> Label.FIRST;
            case "2" -> Label.SECOND;
            default -> throw wrongLabel(label, "1 or 2", where);
          };
      case RESPONSES -> label.isMissingNode() || label.isNull() ? null : named(label, where);
    };
  }

  private static Label named(JsonNode label, String where) throws FormatException {
    return switch (label.asString()) {
      case "A" -> Label.FIRST;
      case "B" -> Label.SECOND;
      case "tie" -> Label.TIE;
      default -> throw wrongLabel(label, "\"A\", \"B\" or \"tie\"", where);
    };
  }

  private static FormatException wrongLabel(JsonNode label, String expected, String where) {
    return new FormatException(where + ": 'label' is " + label + ", expected " + expected);
  }

  JsonNode required(JsonNode row, String key, String where) throws FormatException {
    JsonNode value = row.path(key);
    if (value.isMissingNode() || value.isNull()) {
      throw new FormatException("%s: '%s' is missing (keys: %s)".formatted(where, key, keys(row)));
    }
    return value;
  }

  private static String keys(JsonNode row) {
    return String.join(", ", row.propertyNames());
  }

  /// The name as `--dataset_format` spells it.
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }
}
