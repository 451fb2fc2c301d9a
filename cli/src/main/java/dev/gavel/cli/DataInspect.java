package dev.gavel.cli;

import dev.gavel.train.config.Bound;
import dev.gavel.train.inspect.DataInspection;
import dev.gavel.train.inspect.InspectOptions;
import java.io.IOException;
import java.util.List;

/// `gavel data inspect`: what files of rows hold, and what a recipe would make of them.
final class DataInspect {
  static final Command<InspectOptions> COMMAND =
      new Command<>(
          "data inspect",
          Command.Group.MODELS,
          "rows, token lengths, equal scores, duplicates, leaks between splits, and what recipes would cut or drop",
          InspectOptions.class,
          List.of(
              "gavel data inspect rows.jsonl",
              "gavel data inspect rows.jsonl --model_name_or_path my-model --max_length 512",
              "gavel data inspect train.jsonl.gz test.jsonl.gz --tokenizer my-model"),
          DataInspect::run);

  private DataInspect() {}

  private static Exit run(Bound<InspectOptions> bound, Console console) throws IOException {
    DataInspection.Result result = DataInspection.of(bound.options());
    Fields fields = new Fields();
    result.findings().forEach(f -> fields.add(f.name(), f.value()));
    console.print(fields.toString());
    if (result.bad() == 0) {
      return Exit.DONE;
    }
    console
        .err()
        .println(
            "gavel data inspect: %d of %d rows cannot be used; the first: %s"
                .formatted(result.bad(), result.rows(), result.firstBad()));
    return Exit.FAILED;
  }
}
