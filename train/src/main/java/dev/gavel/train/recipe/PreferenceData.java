package dev.gavel.train.recipe;

import dev.gavel.train.data.PreferenceDataset;
import dev.gavel.train.data.PreferenceRows;
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
          PreferenceDataset set = PreferenceDataset.read(files, tokenizer, maxLength, truncation);
          err.println(set.describe(maxLength));
          return set.pairs();
        },
        pair -> Math.toIntExact(pair.tokens()));
  }
}
