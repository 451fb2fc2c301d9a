package dev.gavel.cli;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.eval.RewardBenchFolder;
import dev.gavel.train.judge.BestOfRun;
import dev.gavel.train.judge.JudgeMethod;
import dev.gavel.train.judge.JudgeOptions;
import dev.gavel.train.judge.JudgeRun;
import dev.gavel.train.judge.Placement;
import dev.gavel.train.model.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// `gavel eval`: the benchmarks of reward models.
final class Eval {
  static final Command<Options> REWARDBENCH =
      new Command<>(
          "eval rewardbench",
          Command.Group.JUDGING,
          "RewardBench: judge its pairs, add up its sections, write its result files",
          Options.class,
          List.of(
              "gavel eval rewardbench --model_name_or_path my-model --dataset filtered.jsonl"
                  + " --output_dir rewardbench",
              "gavel eval rewardbench --method bt --model_name_or_path reward"
                  + " --dataset filtered.parquet --output_dir rewardbench-bt",
              "gavel eval rewardbench --method pairrm --order both --model_name_or_path pairrm"
                  + " --dataset filtered.jsonl --output_dir rewardbench-pairrm"),
          Eval::rewardBench);

  static final Command<BestOfOptions> REWARDBENCH2 =
      new Command<>(
          "eval rewardbench2",
          Command.Group.JUDGING,
          "RewardBench 2: score or rate all responses of its questions, or name the best of four",
          BestOfOptions.class,
          List.of(
              "gavel eval rewardbench2 --method bt --model_name_or_path reward --dataset test.jsonl"
                  + " --output_dir rewardbench2",
              "gavel eval rewardbench2 --method dpo --model_name_or_path policy"
                  + " --ref_model my-model --dataset test.jsonl --output_dir rewardbench2-dpo",
              "gavel eval rewardbench2 --model_name_or_path my-model --dataset test.jsonl"
                  + " --output_dir rewardbench2-cot --n 1 --temperature 0 --max_new_tokens 2048"),
          Eval::rewardBench2);

  record Options(JudgeOptions judging, ModelOptions model) {
    Options {
      if (judging.method().method() == JudgeMethod.PAIRRM
          && judging.how().order() != Placement.Mode.BOTH) {
        throw new IllegalArgumentException(
            "--method pairrm needs --order both: RewardBench takes the difference of both orders");
      }
    }
  }

  record BestOfOptions(BestOfRun.Options scoring, ModelOptions model) {}

  private Eval() {}

  private static Exit rewardBench(Bound<Options> bound, Console console) throws IOException {
    Options o = bound.options();
    RewardBenchFolder benchmark =
        new RewardBenchFolder(
            o.judging().method().method(),
            name(o.model().modelNameOrPath()),
            o.model().chatTemplate().orElse("tokenizer"),
            o.judging().how().seed());
    try (Interrupt.Hold hold = console.interrupt().hold()) {
      JudgeRun run =
          new JudgeRun(o.model(), o.judging(), benchmark, console.err(), hold::requested);
      return end("rewardbench", run.run(), console);
    }
  }

  private static Exit rewardBench2(Bound<BestOfOptions> bound, Console console) throws IOException {
    BestOfOptions o = bound.options();
    try (Interrupt.Hold hold = console.interrupt().hold()) {
      BestOfRun run =
          new BestOfRun(
              o.model(),
              o.scoring(),
              name(o.model().modelNameOrPath()),
              console.err(),
              hold::requested);
      return end("rewardbench2", run.run(), console);
    }
  }

  private static String name(Path model) {
    return Objects.requireNonNull(model.toAbsolutePath().normalize().getFileName()).toString();
  }

  private static Exit end(String name, @Nullable ObjectNode results, Console console)
      throws IOException {
    if (results == null) {
      console.err().println("gavel eval " + name + ": stopped; the same command goes on from here");
      return Exit.FAILED;
    }
    console.print(Json.write(results) + "\n");
    return Exit.DONE;
  }
}
