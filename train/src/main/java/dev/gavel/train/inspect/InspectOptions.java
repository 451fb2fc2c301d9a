package dev.gavel.train.inspect;

import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.train.config.Opt;
import dev.gavel.train.data.SftRows;
import dev.gavel.train.data.Truncation;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Which files are looked at, and as what.
public record InspectOptions(
    @Opt(
            value = "rows: JSON lines or a JSON array, .gz too; several files count as one",
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
            choices = {"llama3", "llama3.1", "llama3.2"})
        Optional<String> chatTemplate,
    @Opt(value = "what templates with a date print as today's", def = ChatOptions.DEFAULT_DATE)
        String dateString,
    @Opt(
            value = "say what sft cuts at this length; 0: never cut",
            def = "1024",
            range = "[0, inf)",
            unit = "tokens")
        int maxLength,
    @Opt(value = "which end of a row that is too long stays", def = "keep_start")
        Truncation truncationMode,
    SftRows.Options rows) {
  public InspectOptions {
    files = List.copyOf(files);
    if (files.isEmpty()) {
      throw new IllegalArgumentException("FILE is required: rows to look at");
    }
  }
}
