package dev.gavel.train.recipe;

import dev.gavel.llama.hub.Architecture;
import dev.gavel.train.config.Defaults;
import dev.gavel.train.config.With;
import dev.gavel.train.judge.JudgeMethod;
import java.io.IOException;
import java.io.PrintStream;

/// PairRM: a value on the question which of two responses is better. Defaults are those of the
/// paper's Table 2, with 128 pairs a step; it does not print how many epochs.
public record PairRmConfig(
    StartOptions model,
    @Defaults("max_length=2048") DatasetOptions data,
    JudgePromptOptions prompt,
    @Defaults("disable_dropout=true") LoraOptions lora,
    @With(TrainOptions.EVALUATING) @Defaults({PaperDefaults.TABLE_2, "num_train_epochs=1"})
        TrainOptions train)
    implements TrainConfig {
  public PairRmConfig {
    TrainConfig.require(data, train);
  }

  @Override
  public String command() {
    return "pairrm";
  }

  @Override
  public String title() {
    return "PairRM";
  }

  @Override
  public Architecture architecture() {
    return Architecture.SEQUENCE_CLASSIFICATION;
  }

  @Override
  public String head() {
    return JudgeMethod.PAIR_HEAD;
  }

  @Override
  public Recipe recipe(ModelSource source, PrintStream err) throws IOException {
    return PairRmRecipe.read(this, source, err);
  }
}
