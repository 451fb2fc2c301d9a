package dev.gavel.cli;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.judge.JudgeComparison;
import dev.gavel.train.judge.JudgeMerge;
import dev.gavel.train.judge.JudgeOptions;
import dev.gavel.train.judge.JudgeRun;
import dev.gavel.train.model.ModelOptions;
import java.io.IOException;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// `gavel judge`: pairs to votes to results.
final class Judge {
  static final Command<Options> COMMAND =
      new Command<>(
          "judge",
          Command.Group.JUDGING,
          "compare pairs of responses: votes, or measured preferences",
          Options.class,
          List.of(
              "gavel judge --model_name_or_path my-model --dataset pairs.jsonl --output_dir judged",
              "gavel judge --model_name_or_path my-model --dataset llmbar.json --n 8 --order both"
                  + " --output_dir judged-both",
              "gavel judge --model_name_or_path my-model --dataset pairs.jsonl --temperature 0 --n 1"
                  + " --max_new_tokens 256 --output_dir judged-greedy"),
          Judge::run);

  static final Command<MergeOptions> MERGE =
      new Command<>(
          "judge --merge",
          Command.Group.JUDGING,
          "join the shards of a judged data set, or read its verdicts under another rule",
          MergeOptions.class,
          List.of(
              "gavel judge --merge judged-0 judged-1 judged-2 --output_dir judged",
              "gavel judge --merge judged --verdict_rule strict --output_dir judged-strict",
              "gavel judge --merge judged-0,judged-1 --verdict_rule first --output_dir judged"),
          Judge::merge);

  static final Command<CompareOptions> COMPARE =
      new Command<>(
          "judge --compare",
          Command.Group.JUDGING,
          "agreement of two judged folders, and the difference of their accuracies",
          CompareOptions.class,
          List.of(
              "gavel judge --compare judged-a judged-b",
              "gavel judge --compare judged judged-strict --seed 7",
              "gavel judge --compare zero-shot,trained"),
          Judge::compare);

  record MergeOptions(JudgeMerge.Options merging) {}

  record CompareOptions(JudgeComparison.Options comparison) {}

  record Options(JudgeOptions judging, ModelOptions model) {}

  private Judge() {}

  private static Exit run(Bound<Options> bound, Console console) throws IOException {
    Options o = bound.options();
    ObjectNode results;
    try (Interrupt.Hold hold = console.interrupt().hold()) {
      results = new JudgeRun(o.model(), o.judging(), console.err(), hold::requested).run();
    }
    if (results == null) {
      console.err().println("gavel judge: stopped; the same command goes on from here");
      return Exit.FAILED;
    }
    return print(results, console);
  }

  private static Exit merge(Bound<MergeOptions> bound, Console console) throws IOException {
    return print(new JudgeMerge(bound.options().merging()).run(), console);
  }

  private static Exit compare(Bound<CompareOptions> bound, Console console) throws IOException {
    return print(new JudgeComparison(bound.options().comparison()).run(), console);
  }

  private static Exit print(ObjectNode results, Console console) throws IOException {
    console.print(Json.write(results) + "\n");
    return Exit.DONE;
  }
}
