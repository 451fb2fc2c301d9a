package dev.gavel.train.recipe;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.With;
import dev.gavel.train.data.SftRows;
import dev.gavel.train.data.Truncation;
import java.io.IOException;
import java.io.PrintStream;

/// Supervised fine-tuning, with the names and defaults of TRL's `SFTConfig`, except that on the CPU
/// arithmetic is f32 and activations are not checkpointed.
public record SftConfig(
    StartOptions model,
    DatasetOptions data,
    @Opt(
            value = "which end of a row that is too long stays",
            def = "keep_start",
            with = "max_length!=0")
        Truncation truncationMode,
    SftRows.Options rows,
    LoraOptions lora,
    @With(TrainOptions.EVALUATING) TrainOptions train)
    implements TrainConfig {
  public SftConfig {
    TrainConfig.require(data, train);
  }

  @Override
  public String command() {
    return "sft";
  }

  @Override
  public String title() {
    return "Supervised fine-tuning";
  }

  @Override
  public Recipe recipe(ModelSource source, PrintStream err) throws IOException {
    return SftRecipe.read(this, source, err);
  }
}
