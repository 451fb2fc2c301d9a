package dev.gavel.cli;

import dev.gavel.train.data.Lines;

/// The end that all line commands share.
final class LineCommand {
  private LineCommand() {}

  /// Bad rows end in exit code 1 and one line on standard error.
  static Exit end(String command, Lines.Summary summary, Console console) {
    if (summary.bad() == 0) {
      return Exit.DONE;
    }
    console
        .err()
        .printf(
            "gavel %s: %d of %d rows could not be used; the first: %s%n",
            command, summary.bad(), summary.rows(), summary.firstBad());
    return Exit.FAILED;
  }
}
