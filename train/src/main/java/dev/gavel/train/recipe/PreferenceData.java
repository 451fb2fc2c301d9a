package dev.gavel.train.recipe;

import dev.gavel.train.data.PreferenceDataset;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.RowWarnings;
import dev.gavel.train.data.TokenizedPair;
import dev.gavel.train.data.Truncation;
import java.io.IOException;
import java.io.PrintStream;

/// Reads the pairs of a run.
final class PreferenceData {
  private PreferenceData() {}

  static RunRows<TokenizedPair> read(
      TrainConfig config,
      ModelSource source,
      PreferenceRows.Use use,
      PreferenceRows.Options options,
      Truncation truncation,
      PrintStream err)
      throws IOException {
    PreferenceRows tokenizer =
        new PreferenceRows(
            use,
            options,
            source.tokenizer(),
            source.config().vocabSize(),
            source::chat,
            config.model().dateString());
    int maxLength = config.data().maxLength();
    return RunRows.read(
        config,
        files -> {
          RowWarnings warnings = new RowWarnings(source.tokenizer());
          PreferenceDataset set =
              PreferenceDataset.read(files, tokenizer, maxLength, truncation, warnings);
          err.println(set.describe(maxLength));
          warnings.lines().forEach(line -> err.println("warning: " + line));
          return set.pairs();
        },
        pair -> Math.toIntExact(pair.tokens()));
  }
}
