package dev.gavel.cli;

import dev.gavel.train.compare.CompareOptions;
import dev.gavel.train.compare.Comparison;
import dev.gavel.train.config.Bound;
import java.io.IOException;
import java.util.List;

/// `gavel report`: runs beside each other.
final class Report {
  static final Command<CompareOptions> COMMAND =
      new Command<>(
          "report",
          Command.Group.MODELS,
          "one page that compares runs: curves, results, differences on the same pairs, settings",
          CompareOptions.class,
          List.of(
              "gavel report sft-a sft-b",
              "gavel report zero-shot trained --output_file judges.html",
              "gavel report reward judged rewardbench star --seed 7 --output_file all.html"),
          Report::run);

  private Report() {}

  private static Exit run(Bound<CompareOptions> bound, Console console) throws IOException {
    Comparison comparison = Comparison.of(bound.options());
    comparison.unfinished().forEach(note -> console.err().println("note: " + note));
    console.print(comparison.write());
    console.err().println("page: " + bound.options().outputFile().toAbsolutePath().toUri());
    return Exit.DONE;
  }
}
