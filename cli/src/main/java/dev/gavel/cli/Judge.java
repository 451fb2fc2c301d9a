package dev.gavel.cli;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
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
    console.print(Json.write(results) + "\n");
    return Exit.DONE;
  }
}
