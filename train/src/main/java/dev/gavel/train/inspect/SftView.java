package dev.gavel.train.inspect;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowWarnings;
import dev.gavel.train.data.SftDataset;
import dev.gavel.train.data.SftRows;
import dev.gavel.train.data.Tokenized;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Rows of supervised fine-tuning, through the eyes of the recipe.
final class SftView implements RowView {
  private final SftRows rows;
  private final String promptColumn;
  private final boolean tokenizes;
  private final OptionalInt context;
  private final int maxLength;
  private final SftDataset.Builder dataset;
  private final Map<SftRows.Form, Integer> forms = new EnumMap<>(SftRows.Form.class);
  private final Lengths whole = new Lengths();
  private final Lengths learned = new Lengths();
  private final RowWarnings warnings;

  /// @param tokenizes whether there is a tokenizer; without one only ids have a length
  /// @param context tokens that the model can take, where a model was named
  SftView(
      SftRows rows,
      String promptColumn,
      boolean tokenizes,
      OptionalInt context,
      int maxLength,
      SftDataset.Builder dataset,
      RowWarnings warnings) {
    this.rows = rows;
    this.promptColumn = promptColumn;
    this.tokenizes = tokenizes;
    this.context = context;
    this.maxLength = maxLength;
    this.dataset = dataset;
    this.warnings = warnings;
  }

  @Override
  public boolean takes(Row row) {
    return true;
  }

  @Override
  public @Nullable JsonNode prompt(Row row) {
    return row.json().get(promptColumn);
  }

  @Override
  public void add(Row row) throws RowException, FormatException {
    SftRows.Form form = rows.look(row);
    if (tokenizes || form == SftRows.Form.IDS) {
      Tokenized tokens = rows.tokenize(row);
      whole.add(tokens.length());
      learned.add(tokens.scored());
      dataset.add(tokens);
      warnings.look(row.place(), List.of(tokens));
    }
    warnings.look(row, rows.isTalk(row));
    forms.merge(form, 1, Integer::sum);
  }

  @Override
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    if (forms.isEmpty()) {
      return findings;
    }
    findings.add(
        new Finding(
            "forms",
            forms.entrySet().stream()
                .map(e -> "%s %,d".formatted(e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "))));
    if (rows.mixed()) {
      findings.add(
          new Finding(
              "",
              "plain texts and conversations are mixed; the first row decides whether texts get an"
                  + " end token"));
    }
    if (!whole.isEmpty()) {
      lengths(findings);
    }
    warnings.lines().forEach(line -> findings.add(new Finding("warning", line)));
    return findings;
  }

  private void lengths(List<Finding> findings) {
    findings.add(new Finding("tokens", whole.describe()));
    findings.add(new Finding("  learned", learned.describe()));
    if (context.isPresent() && whole.above(context.getAsInt()) > 0) {
      findings.add(
          new Finding(
              "",
              "%,d rows are longer than the model's context of %,d tokens"
                  .formatted(whole.above(context.getAsInt()), context.getAsInt())));
    }
    findings.add(new Finding("sft would use", dataset.build().describe(maxLength)));
  }
}
