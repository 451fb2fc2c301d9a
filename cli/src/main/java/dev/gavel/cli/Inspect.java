package dev.gavel.cli;

import dev.gavel.llama.hub.Inspection;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import dev.gavel.train.data.LineOptions;
import dev.gavel.train.data.Lines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// `gavel inspect`: what safetensors files and model folders hold, and whether they are whole.
final class Inspect {
  static final Command<Options> COMMAND =
      new Command<>(
          "inspect",
          Command.Group.LINES,
          "tensors of safetensors files and model folders, validated",
          Options.class,
          List.of(
              "gavel inspect my-model",
              "gavel inspect model-*.safetensors",
              "gavel inspect my-model --checksum true --output_file tensors.jsonl"),
          Inspect::run);

  record Options(
      @Opt(value = "safetensors files or model folders", meta = "PATH", positional = true)
          List<Path> paths,
      @Opt(value = "add the SHA-256 of each tensor's stored bytes", def = "false") boolean checksum,
      @Opt(
              value = "where results go instead of standard output; whole or not at all",
              meta = "FILE")
          Optional<Path> outputFile) {
    Options {
      if (paths.isEmpty()) {
        throw new IllegalArgumentException("PATH is required: a safetensors file or model folder");
      }
    }
  }

  private Inspect() {}

  private static Exit run(Bound<Options> bound, Console console) throws IOException {
    Options options = bound.options();
    LineOptions lines = new LineOptions(List.of(), options.outputFile());
    int[] invalid = new int[1];
    new Lines(lines, console.in(), console.out())
        .run((in, out) -> {
          for (Path path : options.paths()) {
            ObjectNode result = Inspection.of(path, options.checksum());
            invalid[0] += result.get("valid").booleanValue() ? 0 : 1;
            out.writeLine(result);
          }
        });
    if (invalid[0] > 0) {
      console
          .err()
          .println(
              "gavel inspect: %d of %d are not valid"
                  .formatted(invalid[0], options.paths().size()));
      return Exit.FAILED;
    }
    return Exit.DONE;
  }
}
