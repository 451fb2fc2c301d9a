package dev.gavel.train.recipe;

import dev.gavel.train.config.Defaults;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.With;
import java.io.IOException;
import java.io.PrintStream;

/// GenRM: a judge that answers with one letter, trained by Eq. 7. Defaults are those of the paper's
/// Table 2, with 128 pairs a step; it does not print how many epochs.
public record GenRmConfig(
    StartOptions model,
    @Defaults("max_length=2048") DatasetOptions data,
    @With("order: target=answer") JudgePromptOptions prompt,
    @Opt(
            value =
                "what follows the prompt: the letter, or the row's `rationale` and its verdict, under"
                    + " the prompt that asks for reasons (Fig. 6)",
            def = "answer")
        Target target,
    @Opt(
            value = "what joins the reasons and the verdict; [[X]] becomes it",
            def = "\n\n[[X]]",
            with = "target=rationale")
        String verdictSuffix,
    @Defaults("disable_dropout=true") LoraOptions lora,
    @With(TrainOptions.EVALUATING) @Defaults({PaperDefaults.TABLE_2, "num_train_epochs=1"})
        TrainOptions train)
    implements TrainConfig {
  /// What is learned.
  public enum Target {
    ANSWER,
    RATIONALE
  }

  public GenRmConfig {
    TrainConfig.require(data, train);
    if (!verdictSuffix.contains("[[X]]")) {
      throw new IllegalArgumentException("--verdict_suffix has no [[X]]: where the verdict stands");
    }
  }

  @Override
  public String command() {
    return "genrm";
  }

  @Override
  public String title() {
    return "GenRM";
  }

  @Override
  public Recipe recipe(ModelSource source, PrintStream err) throws IOException {
    return target == Target.ANSWER
        ? GenRmRecipe.read(this, source, err)
        : RationaleRows.read(this, source, err);
  }
}
