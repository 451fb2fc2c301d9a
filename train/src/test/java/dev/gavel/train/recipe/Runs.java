package dev.gavel.train.recipe;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Binder;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Call;
import dev.gavel.train.config.Schema;
import dev.gavel.train.config.UsageException;
import dev.gavel.train.run.TrainingLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Runs a training command in this process, as typed.
final class Runs {
  private Runs() {}

  /// What it said, and how it ended.
  record Result(Training.Outcome outcome, String err) {}

  /// `sft`.
  ///
  /// @param flags names and values in turn, without dashes
  static Result run(Object... flags) throws IOException {
    return run(SftConfig.class, () -> false, flags);
  }

  static Result run(BooleanSupplier stop, Object... flags) throws IOException {
    return run(SftConfig.class, stop, flags);
  }

  static <C extends Record & TrainConfig> Result run(
      Class<C> options, BooleanSupplier stop, Object... flags) throws IOException {
    Bound<C> bound = bind(options, flags);
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    Training.Outcome outcome =
        Training.run(bound.options(), bound.json(), new RunContext(stream, stop));
    return new Result(outcome, err.toString(StandardCharsets.UTF_8));
  }

  static Bound<SftConfig> bind(Object... flags) {
    return bind(SftConfig.class, flags);
  }

  static <C extends Record> Bound<C> bind(Class<C> options, Object... flags) {
    try {
      List<Call.Flag> typed = new ArrayList<>();
      for (int i = 0; i < flags.length; i += 2) {
        typed.add(new Call.Flag(flags[i].toString(), List.of(flags[i + 1].toString())));
      }
      Call call = new Call(typed, List.of(), Optional.empty());
      return Binder.bind(Schema.of(options), call, List.of());
    } catch (UsageException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  static List<JsonNode> metrics(Path out) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve(TrainingLog.METRICS))) {
      rows.add(Json.parse(line, "metrics"));
    }
    return rows;
  }

  /// Writes the rows of golden/sft as ids with labels on the completion.
  static Path rows(JsonNode golden, Path file) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (JsonNode row : golden) {
      ObjectNode json = Json.mapper().createObjectNode();
      var ids = json.putArray("input_ids");
      var labels = json.putArray("labels");
      row.get("prompt_ids")
          .forEach(id -> {
            ids.add(id.asInt());
            labels.add(-100);
          });
      row.get("completion_ids")
          .forEach(id -> {
            ids.add(id.asInt());
            labels.add(id.asInt());
          });
      lines.append(Json.write(json)).append('\n');
    }
    Files.writeString(file, lines);
    return file;
  }
}
