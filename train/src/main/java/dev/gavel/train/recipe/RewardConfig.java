package dev.gavel.train.recipe;

import dev.gavel.llama.hub.Architecture;
import dev.gavel.train.config.Defaults;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.With;
import dev.gavel.train.data.PreferenceRows;
import java.io.IOException;
import java.io.PrintStream;

/// A Bradley-Terry reward model, with the names and defaults of TRL's `RewardConfig`, except that
/// on the CPU arithmetic is f32 and activations are not checkpointed.
public record RewardConfig(
    StartOptions model,
    DatasetOptions data,
    @Opt(
            value =
                "adds this times (chosen + rejected)^2 to the loss, so that rewards stay near 0",
            def = "0",
            range = "[0, inf)")
        double centerRewardsCoefficient,
    @With("completion_tokens: never") PreferenceRows.Options rows,
    @Defaults("disable_dropout=true") LoraOptions lora,
    @With(TrainOptions.EVALUATING) @Defaults("learning_rate=1e-4") TrainOptions train)
    implements TrainConfig {
  public RewardConfig {
    TrainConfig.require(data, train);
  }

  @Override
  public String command() {
    return "reward";
  }

  @Override
  public String title() {
    return "Bradley-Terry reward model";
  }

  @Override
  public Architecture architecture() {
    return Architecture.SEQUENCE_CLASSIFICATION;
  }

  @Override
  public Recipe recipe(ModelSource source, PrintStream err) throws IOException {
    return RewardRecipe.read(this, source, err);
  }
}
