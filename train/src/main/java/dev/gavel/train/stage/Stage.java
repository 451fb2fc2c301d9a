package dev.gavel.train.stage;

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

/// A stage of a larger work as the `gavel` command that does the same: what is shown is what is
/// run.
public final class Stage {
  private final String command;
  private final Map<String, String> flags = new LinkedHashMap<>();

  public Stage(String command) {
    this.command = command;
  }

  public String command() {
    return command;
  }

  /// The folder that the command writes.
  public Path outputDir() {
    return Path.of(Objects.requireNonNull(flags.get("output_dir")));
  }

  public Stage with(String flag, Object value) {
    flags.put(flag, value.toString());
    return this;
  }

  public Stage with(String flag, List<?> values) {
    String list =
        values.stream().map(v -> v.toString().replace(",", "\\,")).collect(Collectors.joining(","));
    flags.put(flag, list);
    return this;
  }

  public Stage with(String flag, Optional<?> value) {
    value.ifPresent(v -> with(flag, v));
    return this;
  }

  public Stage without(String flag) {
    flags.remove(flag);
    return this;
  }

  /// The options as the command line would bind them.
  ///
  /// @throws IllegalStateException where the command would refuse them
  public <R extends Record> Bound<R> bind(Class<R> options) {
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
  public String line() {
    StringBuilder line = new StringBuilder("gavel " + command);
    flags.forEach(
        (flag, value) -> line.append(" --").append(flag).append(' ').append(quoted(value)));
    return line.toString();
  }

  private static String quoted(String word) {
    return word.matches("[\\w./,:=+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
