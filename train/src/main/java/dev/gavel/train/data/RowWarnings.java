package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What is often wrong with rows that can be read all the same.
public final class RowWarnings {
  /// Tokens that templates write and people do not.
  private static final List<String> HEADERS =
      List.of("<|start_header_id|>", "<|begin_of_text|>", "<|im_start|>");

  /// Characters of a prompt that no answer begins with by chance.
  private static final int LEAST_REPEATED = 12;

  /// What is to be looked at, in words that follow a number of rows.
  public enum Kind {
    TEMPLATED_TWICE(
        "have a template's tokens inside a message: the template is put around them again"),
    RENDERED("are plain texts with a template's tokens; they are read as they stand"),
    PROMPT_AGAIN("have a completion that begins with the prompt's text: the model sees it twice"),
    DOUBLE_BOS("begin with two BOS tokens: leave the one in the text away"),
    NO_END("have a completion whose last token is no end token: the model does not learn to stop"),
    SAME("have a chosen and a rejected completion that are the same: they teach nothing"),
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

  public RowWarnings(Optional<Tokenizer> tokenizer) {
    this.tokenizer = tokenizer;
  }

  /// Notes one row.
  public void add(Kind kind, Place place) {
    found.computeIfAbsent(kind, k -> new Counted()).add(place);
  }

  /// Looks at all texts of a row.
  ///
  /// @param talk whether they are messages, which a template is put around
  public void look(Row row, boolean talk) {
    if (hasHeader(row.json())) {
      add(talk ? Kind.TEMPLATED_TWICE : Kind.RENDERED, row.place());
    }
  }

  /// Looks at a pair's texts.
  public void look(Row row, Pair pair) {
    switch (pair.answers()) {
      case Pair.Texts(var prompt, var first, var second) -> {
        look(row, false);
        again(row, prompt.orElse(""), first, second);
      }
      case Pair.Talks(var prompt, var first, var second) -> {
        look(row, true);
        again(
            row,
            prompt.getLast().content(),
            first.getFirst().content(),
            second.getFirst().content());
      }
    }
  }

  private void again(Row row, String prompt, String first, String second) {
    String start = prompt.strip();
    if (start.length() >= LEAST_REPEATED
        && (first.strip().startsWith(start) || second.strip().startsWith(start))) {
      add(Kind.PROMPT_AGAIN, row.place());
    }
  }

  private static boolean hasHeader(JsonNode value) {
    if (value.isString()) {
      return HEADERS.stream().anyMatch(value.stringValue()::contains);
    }
    return value.isContainer() && value.valueStream().anyMatch(RowWarnings::hasHeader);
  }

  /// Looks at the sequences that are made of a row.
  public void look(Place place, List<Tokenized> sequences) {
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
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    found.forEach((kind, rows) ->
        lines.add("%,d rows %s; the first: %s".formatted(rows.count(), kind.words, rows.first())));
    return lines;
  }
}
