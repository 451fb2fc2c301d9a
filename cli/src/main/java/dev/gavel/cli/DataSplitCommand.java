package dev.gavel.cli;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.data.RowReader;
import dev.gavel.train.inspect.DataSplit;
import dev.gavel.train.inspect.SplitOptions;
import java.io.IOException;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// `gavel data split`: rows into parts that share no tree and no prompt.
final class DataSplitCommand {
  static final Command<SplitOptions> COMMAND =
      new Command<>(
          "data split",
          Command.Group.MODELS,
          "rows into parts that share no prompt and, of UltraInteract, no tree; as they were read",
          SplitOptions.class,
          List.of(
              "gavel data split pairs.jsonl --output_dir split --parts train=0.9,test=0.1",
              "gavel data split UltraInteract_pair.parquet --output_dir split"
                  + " --parts train=0.98,val=0.01,test=0.01 --seed 7",
              "gavel data split a.jsonl.gz b.jsonl --output_dir split --parts train=0.5,test=0.5"),
          DataSplitCommand::run);

  private DataSplitCommand() {}

  private static Exit run(Bound<SplitOptions> bound, Console console) throws IOException {
    SplitOptions options = bound.options();
    RowReader.requireFiles(options.files());
    NewFolder folder = NewFolder.at(options.outputDir());
    ObjectNode result;
    try {
      result = DataSplit.of(options);
    } catch (IOException | RuntimeException e) {
      folder.clear();
      throw e;
    }
    console.print(Json.write(result) + "\n");
    return Exit.DONE;
  }
}
