package dev.gavel.train.inspect;

import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.With;
import dev.gavel.train.data.CompletionTokens;
import dev.gavel.train.data.PairFormat;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.SftRows;
import dev.gavel.train.data.Truncation;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Which files are looked at, and as what.
public record InspectOptions(
    @Opt(
            value =
                "rows: JSON lines or a JSON array, .gz too, or Parquet; several files count as one"
                    + " for the recipes, and as splits that should share no prompt",
            meta = "FILE",
            positional = true)
        List<Path> files,
    @Opt(
            value = "model whose tokenizer counts the tokens, and whose vocabulary holds",
            meta = "DIR")
        Optional<Path> modelNameOrPath,
    @Opt(value = "folder with the tokenizer; default: the model's", meta = "DIR")
        Optional<Path> tokenizer,
    @Opt(
            value = "template to use where the folder's own is missing or unknown",
            choices = {"llama3", "llama3.1", "llama3.2"},
            with = TOKENS)
        Optional<String> chatTemplate,
    @Opt(
            value = "what templates with a date print as today's",
            def = ChatOptions.DEFAULT_DATE,
            with = TOKENS)
        String dateString,
    @Opt(
            value = "say what recipes cut or drop at this length; 0: nothing",
            def = "1024",
            range = "[0, inf)",
            unit = "tokens")
        int maxLength,
    @Opt(
            value = "which end of a row that is too long stays",
            def = "keep_start",
            with = "max_length!=0")
        Truncation truncationMode,
    @Opt("form of pairs; recognised when absent") Optional<PairFormat> datasetFormat,
    @Opt(
            value = "key of a pair's better completion",
            def = "chosen",
            with = PreferenceRows.NAMED_COLUMNS)
        String chosenColumn,
    @Opt(value = "key of the other one", def = "rejected", with = PreferenceRows.NAMED_COLUMNS)
        String rejectedColumn,
    @Opt(
            value = "decides which other answer stands against UltraFeedback's best one",
            def = "42",
            with = PreferenceRows.DRAWN_ANSWER)
        long pairSeed,
    @With("completion_only_loss, assistant_only_loss, eos_token: " + InspectOptions.TOKENS)
        SftRows.Options rows) {
  /// Texts have tokens then.
  private static final String TOKENS = "model_name_or_path or tokenizer";

  public InspectOptions {
    files = List.copyOf(files);
    if (files.isEmpty()) {
      throw new IllegalArgumentException("FILE is required: rows to look at");
    }
  }

  /// How pairs are read.
  PreferenceRows.Options pairs() {
    return new PreferenceRows.Options(
        rows.promptColumn(),
        chosenColumn,
        rejectedColumn,
        datasetFormat,
        pairSeed,
        rows.eosToken(),
        CompletionTokens.ALL);
  }
}
