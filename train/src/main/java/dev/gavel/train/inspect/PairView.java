package dev.gavel.train.inspect;

import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.train.data.PairFormat;
import dev.gavel.train.data.Place;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.judge.Label;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// Pairs of responses, as the judge reads them.
final class PairView implements RowView {
  private static final EncodeOptions TEXT_ALONE = new EncodeOptions(false, true);

  private final PairReader reader = new PairReader(null);
  private final Optional<Tokenizer> tokenizer;
  private final Map<String, Integer> labels = new TreeMap<>();
  private final Lengths prompts = new Lengths();
  private final Lengths chosen = new Lengths();
  private final Lengths rejected = new Lengths();
  private final Counted equalScores = new Counted();
  private final Counted equalResponses = new Counted();
  private int scored;
  private int count;

  PairView(Optional<Tokenizer> tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public boolean takes(Row row) {
    return PairFormat.isPair(row);
  }

  @Override
  public String promptKey(Row row) {
    return "prompt";
  }

  @Override
  public void add(Row row) throws RowException {
    PairRow pair = reader.read(row);
    count++;
    labels.merge(name(pair.label()), 1, Integer::sum);
    if (pair.first().equals(pair.second())) {
      equalResponses.add(row.place());
    }
    scores(row);
    tokenizer.ifPresent(t -> {
      prompts.add(pair.prompt().stream().map(Message::content).mapToInt(s -> length(t, s)).sum());
      chosen.add(length(t, pair.first()));
      rejected.add(length(t, pair.second()));
    });
  }

  private static int length(Tokenizer tokenizer, String text) {
    return tokenizer.encode(text, TEXT_ALONE).length;
  }

  private static String name(@org.jspecify.annotations.Nullable Label label) {
    return switch (label) {
      case FIRST -> "first is better";
      case SECOND -> "second is better";
      case TIE -> "tie";
      case null -> "no label";
    };
  }

  /// UltraFeedback's columns.
  private void scores(Row row) {
    JsonNode of = row.json().path("score_chosen");
    JsonNode other = row.json().path("score_rejected");
    if (of.isNumber() && other.isNumber()) {
      scored++;
      if (of.doubleValue() == other.doubleValue()) {
        equalScores.add(row.place());
      }
    }
  }

  /// How many rows, and where the first one stands.
  private static final class Counted {
    private int count;
    private String first = "";

    void add(Place place) {
      if (count++ == 0) {
        first = place.toString();
      }
    }

    String describe(int of) {
      return count == 0
          ? "none of %,d pairs".formatted(of)
          : "%,d of %,d pairs; the first: %s".formatted(count, of, first);
    }
  }

  @Override
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    if (count == 0) {
      return findings;
    }
    findings.add(
        new Finding(
            "pairs",
            labels.entrySet().stream()
                .map(e -> "%s %,d".formatted(e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "))));
    if (scored > 0) {
      findings.add(
          new Finding(
              "equal scores", "score_chosen = score_rejected in " + equalScores.describe(scored)));
    }
    findings.add(
        new Finding(
            "equal texts", "both responses are the same in " + equalResponses.describe(count)));
    if (!prompts.isEmpty()) {
      findings.add(new Finding("tokens", "of the texts alone, without a template"));
      findings.add(new Finding("  prompt", prompts.describe()));
      findings.add(new Finding("  first", chosen.describe()));
      findings.add(new Finding("  second", rejected.describe()));
    }
    return findings;
  }
}
