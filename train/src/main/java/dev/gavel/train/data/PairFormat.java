package dev.gavel.train.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The forms in which files write a pair.
public enum PairFormat {
  /// `{"id"?, "prompt"?, "chosen", "rejected", "subset"?}`; texts or messages. Without a prompt
  /// both answers begin with it.
  PREFERENCE("prompt", "chosen", "rejected"),
  /// `{"id"?, "prompt", "response_a", "response_b", "label"?: "A" | "B" | "tie"}`.
  RESPONSES("prompt", "response_a", "response_b"),
  /// LLMBar: `{"input", "output_1", "output_2", "label": 1 | 2}`; one turn each.
  LLMBAR("input", "output_1", "output_2"),
  /// RewardBench: a text or messages as `prompt`, texts `chosen` and `rejected`, which are turns,
  /// their models, `subset`, `id`.
  REWARDBENCH("prompt", "chosen", "rejected"),
  /// UltraFeedback, binarized: a text `prompt`; `chosen` and `rejected` are messages, the prompt's
  /// turn among them; `score_chosen`, `score_rejected`.
  ULTRAFEEDBACK_BINARIZED("prompt", "chosen", "rejected"),
  /// UltraFeedback as first published: `instruction`, `completions` with `response` and
  /// `overall_score`. The best one stands against a random other.
  ULTRAFEEDBACK("instruction", "completions", "completions"),
  /// UltraInteract's pairs: `trajectory` of `{"from", "value"}`, texts `chosen` and `rejected`.
  ULTRAINTERACT("trajectory", "chosen", "rejected"),
  /// HH-RLHF: `chosen` and `rejected` are transcripts, `\n\nHuman: …\n\nAssistant: …`.
  HH_RLHF("chosen", "chosen", "rejected");

  final String prompt;
  final String first;
  final String second;

  PairFormat(String prompt, String first, String second) {
    this.prompt = prompt;
    this.first = first;
    this.second = second;
  }

  /// The form of a row by its keys.
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
    return byKeys(row) != null || row.has("chosen_ids") || row.has("rejected_ids");
  }

  private static @Nullable PairFormat byKeys(Row row) {
    if (has(row, "output_1") || has(row, "output_2")) {
      return LLMBAR;
    } else if (has(row, "response_a") || has(row, "response_b")) {
      return RESPONSES;
    } else if (row.has("instruction") && row.has("completions")) {
      return ULTRAFEEDBACK;
    } else if (!row.has("chosen") && !row.has("rejected")) {
      return null;
    } else if (row.has("trajectory")) {
      return ULTRAINTERACT;
    } else if (row.has("subset") && row.has("chosen_model") && row.has("rejected_model")) {
      return REWARDBENCH;
    }
    boolean transcripts =
        Stream.of("chosen", "rejected").allMatch(k -> Transcript.begins(row.json().path(k)));
    return transcripts && !has(row, "prompt") ? HH_RLHF : PREFERENCE;
  }

  /// Tables without a value export nulls.
  private static boolean has(Row row, String key) {
    return row.has(key) && !row.json().get(key).isNull();
  }

  private static List<String> forms() {
    return Arrays.stream(values())
        .filter(f -> f != REWARDBENCH && f != ULTRAFEEDBACK_BINARIZED && f != HH_RLHF)
        .map(f -> Stream.of(f.prompt, f.first, f.second).distinct().toList())
        .map(keys -> String.join(", ", keys))
        .toList();
  }
}
