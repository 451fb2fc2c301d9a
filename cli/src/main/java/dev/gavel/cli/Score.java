package dev.gavel.cli;

import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.With;
import dev.gavel.train.data.LineOptions;
import dev.gavel.train.data.Lines;
import dev.gavel.train.judge.JudgeMethod;
import dev.gavel.train.judge.MethodOptions;
import dev.gavel.train.judge.OpenJudge;
import dev.gavel.train.judge.PairJudging;
import dev.gavel.train.judge.Scoring;
import dev.gavel.train.model.ModelOptions;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// `gavel score`: what responses are worth, and the best of several.
final class Score {
  static final Command<Options> COMMAND =
      new Command<>(
          "score",
          Command.Group.LINES,
          "what responses are worth by a judge, and the best of several",
          Options.class,
          List.of(
              "echo '{\"prompt\":\"2 + 2?\",\"responses\":[\"4\",\"5\"]}' | gavel score --method bt"
                  + " --model_name_or_path reward",
              "gavel score --method genrm --order both --model_name_or_path genrm"
                  + " --dataset candidates.jsonl --output_file scored.jsonl",
              "gavel score --method dpo --model_name_or_path dpo --ref_model my-model"
                  + " --dataset candidates.jsonl"),
          Score::run);

  record Options(
      MethodOptions method,
      @Opt(
              value =
                  "key of a response that each one is compared with; default: all are"
                      + " compared with each other",
              meta = "KEY",
              with = JudgeMethod.COMPARING)
          Optional<String> referenceColumn,
      LineOptions lines,
      @With({
            PairJudging.SAMPLED,
            PairJudging.REASONED,
            PairJudging.ASKED,
            "order, batch_size: " + JudgeMethod.COMPARING
          })
          PairJudging judging,
      ModelOptions model) {}

  private Score() {}

  private static Exit run(Bound<Options> bound, Console console) throws IOException {
    Options o = bound.options();
    try (OpenJudge judge = OpenJudge.open(o.model(), o.method())) {
      Scoring scoring = Scoring.of(judge, o.method(), o.judging(), o.referenceColumn());
      Lines lines = new Lines(o.lines(), console.in(), console.out());
      return LineCommand.end("score", lines.each(scoring), console);
    }
  }
}
