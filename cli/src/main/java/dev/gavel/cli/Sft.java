package dev.gavel.cli;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.recipe.RunContext;
import dev.gavel.train.recipe.SftConfig;
import dev.gavel.train.recipe.Training;
import dev.gavel.train.recipe.TrainingEstimate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// `gavel sft`: rows and a model to a trained model.
final class Sft {
  static final Command<SftConfig> COMMAND =
      new Command<>(
          "sft",
          Command.Group.TRAINING,
          "supervised fine-tuning, or training from random weights",
          SftConfig.class,
          List.of(
              "gavel sft --model_name_or_path my-model --dataset rows.jsonl --output_dir trained",
              "gavel sft --model_name_or_path my-model --dataset train.jsonl --prompt_column question"
                  + " --completion_column answer --output_dir trained --dry_run true",
              "gavel sft --init_from_config config.json --tokenizer my-model --dataset rows.jsonl"
                  + " --eval_dataset held-out.jsonl --eval_strategy steps --output_dir trained"),
          Sft::run);

  private Sft() {}

  private static Exit run(Bound<SftConfig> bound, Console console) throws IOException {
    SftConfig config = bound.options();
    if (config.train().dryRun()) {
      RunContext context = new RunContext(console.err(), () -> false);
      String estimate = Json.write(TrainingEstimate.of(config, context)) + "\n";
      console.out().write(estimate.getBytes(StandardCharsets.UTF_8));
      return Exit.DONE;
    }
    try (Interrupt.Hold hold = console.interrupt().hold()) {
      RunContext context = new RunContext(console.err(), hold::requested);
      Training.Outcome outcome = Training.run(config, bound.json(), context);
      if (outcome.checkpoint().isEmpty()) {
        console.err().println("saved " + config.train().outputDir());
        return Exit.DONE;
      }
      console
          .err()
          .printf(
              "gavel sft: stopped after step %d; --resume_from_checkpoint true goes on from %s%n",
              outcome.steps(), outcome.checkpoint().get());
      return Exit.FAILED; // the process itself ends with the signal's code
    }
  }
}
