package dev.gavel.train.inspect;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.Counted;
import dev.gavel.train.data.Pair;
import dev.gavel.train.data.PairFormat;
import dev.gavel.train.data.PairParser;
import dev.gavel.train.data.PreferenceDataset;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowWarnings;
import dev.gavel.train.data.TokenizedPair;
import dev.gavel.train.data.Truncation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Pairs of responses, through the eyes of the judge and of preference learning.
final class PairView implements RowView {
  private final InspectOptions options;
  private final boolean tokenizes;
  private final PairParser parser;
  private final RowPrompt prompt;
  private final PreferenceRows dpo;
  private final PreferenceRows reward;
  private final PreferenceDataset.Builder forDpo;
  private final PreferenceDataset.Builder forReward;
  private final RowWarnings warnings;
  private final Map<String, Integer> labels = new TreeMap<>();
  private final Map<String, Integer> formats = new TreeMap<>();
  private final Lengths prompts = new Lengths();
  private final Lengths chosen = new Lengths();
  private final Lengths rejected = new Lengths();
  private final Lengths longer = new Lengths();
  private final Counted equalScores = new Counted();
  private final Counted equalResponses = new Counted();
  private int scored;
  private int count;
  private int forDpoCount;

  /// @param tokenizes whether there is a tokenizer; without one only ids have a length
  PairView(
      InspectOptions options,
      boolean tokenizes,
      PreferenceRows dpo,
      PreferenceRows reward,
      RowWarnings warnings) {
    this.options = options;
    this.tokenizes = tokenizes;
    this.parser = dpo.parser();
    this.prompt = new RowPrompt(dpo, options.rows().promptColumn());
    this.dpo = dpo;
    this.reward = reward;
    this.warnings = warnings;
    Truncation side = options.truncationMode();
    this.forDpo =
        new PreferenceDataset.Builder(options.files(), dpo.use(), options.maxLength(), side);
    this.forReward =
        new PreferenceDataset.Builder(options.files(), reward.use(), options.maxLength(), side);
  }

  @Override
  public boolean takes(Row row) {
    return options.datasetFormat().isPresent()
        || row.has(options.chosenColumn())
        || row.has(options.rejectedColumn())
        || PairFormat.isPair(row);
  }

  @Override
  public @Nullable JsonNode prompt(Row row) {
    return prompt.ofPair(row);
  }

  @Override
  public void add(Row row) throws RowException, FormatException {
    if (dpo.isIds(row)) {
      boolean whole = row.json().path("prompt_ids").isMissingNode();
      (whole ? reward : dpo).look(row);
      tokens(row, (whole ? reward : dpo).tokenize(row), true, !whole);
      count("ids", "first is better");
      return;
    }
    dpo.look(row);
    Pair pair = parser.parse(row);
    if (tokenizes) {
      boolean decided = pair.decided();
      tokens(row, decided ? dpo.tokenize(row) : dpo.tokenizeAsNamed(row), decided, true);
    }
    count(parser.format(row).toString().toLowerCase(Locale.ROOT), name(pair.better()));
    look(row, pair);
    scores(row);
  }

  private void count(String format, String label) {
    count++;
    formats.merge(format, 1, Integer::sum);
    labels.merge(label, 1, Integer::sum);
  }

  private void look(Row row, Pair pair) {
    warnings.look(row, pair);
    switch (pair.answers()) {
      case Pair.Texts(_, var first, var second) -> same(row, first.equals(second));
      case Pair.Talks(_, var first, var second) -> {
        same(row, first.equals(second));
        if (first.size() > 1 || second.size() > 1) {
          warnings.add(RowWarnings.Kind.SEVERAL_TURNS, row.place());
        }
      }
    }
  }

  private void same(Row row, boolean same) {
    if (same) {
      equalResponses.add(row.place());
    }
  }

  /// @param decided whether one is better
  /// @param prompted whether it is known where the prompt ends
  private void tokens(Row row, TokenizedPair pair, boolean decided, boolean prompted) {
    longer.add(Math.max(pair.chosen().length(), pair.rejected().length()));
    warnings.look(row.place(), List.of(pair.chosen(), pair.rejected()));
    if (decided) {
      forReward.add(pair);
    } else {
      forReward.addUndecided();
      forDpo.addUndecided();
      forDpoCount++;
    }
    if (!prompted) {
      return;
    }
    int prompt = pair.promptLength();
    prompts.add(prompt);
    chosen.add(pair.chosen().length() - prompt);
    rejected.add(pair.rejected().length() - prompt);
    if (decided) {
      forDpo.add(pair);
      forDpoCount++;
    }
    if (options.maxLength() > 0 && prompt >= options.maxLength()) {
      warnings.add(RowWarnings.Kind.LONG_PROMPT, row.place());
    }
    if (dpo.merged()) {
      warnings.add(RowWarnings.Kind.MERGED, row.place());
    }
  }

  private static String name(Pair.Better better) {
    return switch (better) {
      case FIRST -> "first is better";
      case SECOND -> "second is better";
      case TIE -> "tie";
      case UNKNOWN -> "no label";
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

  @Override
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    if (count == 0) {
      return findings;
    }
    findings.add(new Finding("pairs", counts(labels)));
    findings.add(new Finding("formats", counts(formats)));
    if (scored > 0) {
      findings.add(
          new Finding(
              "equal scores", "score_chosen = score_rejected in " + equalScores.describe(scored)));
    }
    findings.add(
        new Finding(
            "equal texts", "both responses are the same in " + equalResponses.describe(count)));
    if (!longer.isEmpty()) {
      lengths(findings);
    }
    warnings.lines().forEach(line -> findings.add(new Finding("warning", line)));
    return findings;
  }

  private static String counts(Map<String, Integer> counts) {
    return counts.entrySet().stream()
        .map(e -> "%s %,d".formatted(e.getKey(), e.getValue()))
        .collect(Collectors.joining(", "));
  }

  private void lengths(List<Finding> findings) {
    if (!prompts.isEmpty()) {
      findings.add(new Finding("tokens", "as dpo sees them"));
      findings.add(new Finding("  prompt", prompts.describe()));
      findings.add(new Finding("  chosen", chosen.describe()));
      findings.add(new Finding("  rejected", rejected.describe()));
    }
    findings.add(new Finding("  longer whole", longer.describe()));
    findings.add(new Finding("reward would use", forReward.build().describe(options.maxLength())));
    if (forDpoCount > 0) {
      findings.add(new Finding("dpo would use", forDpo.build().describe(options.maxLength())));
    }
  }
}
