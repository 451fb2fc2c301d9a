package dev.gavel.train.demo;

import dev.gavel.train.config.Binder;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Call;
import dev.gavel.train.config.Schema;
import dev.gavel.train.config.UsageException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/// A stage of the demo as the `gavel` command that does the same: what is shown is what is run.
final class Stage {
  private final String command;
  private final Map<String, String> flags = new LinkedHashMap<>();

  Stage(String command) {
    this.command = command;
  }

  String command() {
    return command;
  }

  /// The folder that the command writes.
  Path outputDir() {
    return Path.of(Objects.requireNonNull(flags.get("output_dir")));
  }

  Stage with(String flag, Object value) {
    flags.put(flag, value.toString());
    return this;
  }

  Stage with(String flag, List<?> values) {
    String list =
        values.stream().map(v -> v.toString().replace(",", "\\,")).collect(Collectors.joining(","));
    flags.put(flag, list);
    return this;
  }

  Stage with(String flag, Optional<?> value) {
    value.ifPresent(v -> with(flag, v));
    return this;
  }

  /// The options as the command line would bind them.
  ///
  /// @throws IllegalStateException where the command would refuse them
  <R extends Record> Bound<R> bind(Class<R> options) {
    List<Call.Flag> typed =
        flags.entrySet().stream()
            .map(flag -> new Call.Flag(flag.getKey(), List.of(flag.getValue())))
            .toList();
    try {
      Call call = new Call(typed, List.of(), Optional.empty());
      return Binder.bind(Schema.of(options), call, List.of());
    } catch (UsageException e) {
      throw new IllegalStateException("gavel " + command + ": " + e.getMessage(), e);
    }
  }

  /// One line for a shell.
  String line() {
    StringBuilder line = new StringBuilder("gavel " + command);
    flags.forEach(
        (flag, value) -> line.append(" --").append(flag).append(' ').append(quoted(value)));
    return line.toString();
  }

  private static String quoted(String word) {
    return word.matches("[\\w./,:=+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
