package dev.gavel.cli;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.recipe.DpoConfig;
import dev.gavel.train.recipe.GenRmConfig;
import dev.gavel.train.recipe.PairRmConfig;
import dev.gavel.train.recipe.RewardConfig;
import dev.gavel.train.recipe.RunContext;
import dev.gavel.train.recipe.SftConfig;
import dev.gavel.train.recipe.TrainConfig;
import dev.gavel.train.recipe.Training;
import dev.gavel.train.recipe.TrainingEstimate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The commands that train: rows and a model to a trained model.
final class TrainCommands {
  static final Command<SftConfig> SFT =
      command(
          "sft",
          "supervised fine-tuning, or training from random weights",
          SftConfig.class,
          "gavel sft --model_name_or_path my-model --dataset rows.jsonl --output_dir trained",
          "gavel sft --model_name_or_path my-model --dataset train.jsonl --prompt_column question"
              + " --completion_column answer --output_dir trained --dry_run true",
          "gavel sft --init_from_config config.json --tokenizer my-model --dataset rows.jsonl"
              + " --eval_dataset held-out.jsonl --eval_strategy steps --output_dir trained");

  static final Command<RewardConfig> REWARD =
      command(
          "reward",
          "a Bradley-Terry reward model",
          RewardConfig.class,
          "gavel reward --model_name_or_path my-model --dataset pairs.jsonl --output_dir reward",
          "gavel reward --model_name_or_path my-model --dataset pairs.jsonl --output_dir reward"
              + " --center_rewards_coefficient 0.01 --max_length 2048",
          "gavel reward --model_name_or_path my-model --dataset pairs.jsonl --output_dir reward"
              + " --use_peft true --lora_target_modules all-linear");

  static final Command<PairRmConfig> PAIRRM =
      command(
          "pairrm",
          "a value on both responses at once",
          PairRmConfig.class,
          "gavel pairrm --model_name_or_path my-model --dataset pairs.jsonl --output_dir pairrm",
          "gavel pairrm --model_name_or_path my-model --dataset pairs.jsonl --output_dir pairrm"
              + " --eval_dataset held-out.jsonl --eval_strategy epoch",
          "gavel pairrm --model_name_or_path my-model --dataset pairs.jsonl --output_dir pairrm"
              + " --resume_from_checkpoint true");

  static final Command<DpoConfig> DPO =
      command(
          "dpo",
          "direct preference optimization and its family",
          DpoConfig.class,
          "gavel dpo --model_name_or_path my-model --dataset pairs.jsonl --output_dir dpo",
          "gavel dpo --model_name_or_path my-model --dataset pairs.jsonl --output_dir dpo"
              + " --loss_type sigmoid,sft --loss_weights 1,0.2 --precompute_ref_log_probs true",
          "GAVEL_CLASSPATH=my.jar gavel dpo --model_name_or_path my-model --dataset pairs.jsonl"
              + " --output_dir mine --loss_type my.pkg.MyLoss --loss.gamma 0.5");

  static final Command<GenRmConfig> GENRM =
      command(
          "genrm",
          "a judge that answers with one letter",
          GenRmConfig.class,
          "gavel genrm --model_name_or_path my-model --dataset pairs.jsonl --output_dir genrm",
          "gavel genrm --model_name_or_path my-model --dataset pairs.jsonl --output_dir genrm"
              + " --order both --per_device_train_batch_size 4",
          "gavel genrm --model_name_or_path my-model --dataset rationales.jsonl --output_dir genrm"
              + " --target rationale");

  private TrainCommands() {}

  private static <C extends Record & TrainConfig> Command<C> command(
      String name, String summary, Class<C> options, String... examples) {
    return new Command<>(
        name,
        Command.Group.TRAINING,
        summary,
        options,
        List.of(examples),
        (bound, console) -> run(name, bound, console));
  }

  private static <C extends Record & TrainConfig> Exit run(
      String name, Bound<C> bound, Console console) throws IOException {
    C config = bound.options();
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
              "gavel %s: stopped after step %d; --resume_from_checkpoint true goes on from %s%n",
              name, outcome.steps(), outcome.checkpoint().get());
      return Exit.FAILED; // the process itself ends with the signal's code
    }
  }
}
