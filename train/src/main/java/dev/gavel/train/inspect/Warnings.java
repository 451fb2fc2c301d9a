package dev.gavel.train.inspect;

import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.train.data.Place;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.Tokenized;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What is often wrong with rows that can be read all the same.
final class Warnings {
  /// Tokens that templates write and people do not.
  private static final List<String> HEADERS =
      List.of("<|start_header_id|>", "<|begin_of_text|>", "<|im_start|>");

  /// What is to be looked at, in words that follow a number of rows.
  enum Kind {
    TEMPLATED_TWICE(
        "have a template's tokens inside a message: the template is put around them again"),
    RENDERED("are plain texts with a template's tokens; they are read as they stand"),
    PROMPT_AGAIN("have a completion that begins with the prompt's text: the model sees it twice"),
    DOUBLE_BOS("begin with two BOS tokens: leave the one in the text away"),
    NO_END("have a completion whose last token is no end token: the model does not learn to stop"),
    LONG_PROMPT("have a prompt that leaves no room within max_length"),
    MERGED("have a prompt whose last token merges with a completion: end it at a token's border"),
    SEVERAL_TURNS(
        "have answers of several turns: a judge, which compares single ones, refuses them");

    private final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  private final Optional<Tokenizer> tokenizer;
  private final Map<Kind, Counted> found = new EnumMap<>(Kind.class);

  Warnings(Optional<Tokenizer> tokenizer) {
    this.tokenizer = tokenizer;
  }

  /// Notes one row.
  void add(Kind kind, Place place) {
    found.computeIfAbsent(kind, k -> new Counted()).add(place);
  }

  /// Looks at all texts of a row.
  ///
  /// @param talk whether they are messages, which a template is put around
  void look(Row row, boolean talk) {
    if (hasHeader(row.json())) {
      add(talk ? Kind.TEMPLATED_TWICE : Kind.RENDERED, row.place());
    }
  }

  private static boolean hasHeader(JsonNode value) {
    if (value.isString()) {
      return HEADERS.stream().anyMatch(value.stringValue()::contains);
    }
    return value.isContainer() && value.valueStream().anyMatch(Warnings::hasHeader);
  }

  /// Looks at the sequences that are made of a row.
  void look(Place place, List<Tokenized> sequences) {
    tokenizer.ifPresent(t -> {
      if (sequences.stream().anyMatch(s -> hasTwoBos(t, s))) {
        add(Kind.DOUBLE_BOS, place);
      }
      if (sequences.stream().anyMatch(s -> !ends(t, s))) {
        add(Kind.NO_END, place);
      }
    });
  }

  private static boolean hasTwoBos(Tokenizer tokenizer, Tokenized row) {
    int bos = tokenizer.bos().orElse(-1);
    return row.length() > 1 && row.ids()[0] == bos && row.ids()[1] == bos;
  }

  private static boolean ends(Tokenizer tokenizer, Tokenized row) {
    return row.length() > 0 && tokenizer.isSpecial(row.ids()[row.length() - 1]);
  }

  /// A line for each that was found.
  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    found.forEach((kind, rows) ->
        findings.add(
            new Finding(
                "warning",
                "%,d rows %s; the first: %s".formatted(rows.count(), kind.words, rows.first()))));
    return findings;
  }
}
