package dev.gavel.train.recipe;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.data.PairFormat;
import dev.gavel.train.judge.JudgePrompt;
import dev.gavel.train.judge.Placement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// How a pair is put to a judge that is trained.
@OptGroup("Judging prompt")
public record JudgePromptOptions(
    @Opt(value = "the form of the rows; recognised when absent") Optional<PairFormat> datasetFormat,
    @Opt(
            value = "JSON {\"system\"?, \"user\"} instead of the paper's prompt (Fig. 8)",
            meta = "FILE")
        Optional<Path> promptTemplate,
    @Opt(value = "which response stands in place A; both: two questions a pair", def = "seeded")
        Placement.Mode order) {

  JudgePrompt prompt(JudgePrompt.Kind kind) throws IOException {
    return promptTemplate.isPresent()
        ? JudgePrompt.read(promptTemplate.get(), kind)
        : JudgePrompt.paper(kind);
  }
}
