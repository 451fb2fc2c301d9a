package dev.gavel.cli;

import dev.gavel.train.config.OptSpec;
import dev.gavel.train.config.Schema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The texts of `--help`, made from the declarations.
final class Help {
  private static final int INDENT = 2;
  private static final int COLUMN = 34;
  private static final int WIDTH = 100;

  private Help() {}

  /// `gavel --help`: all commands, grouped.
  static String overview(List<Command<?>> commands) {
    StringBuilder text = new StringBuilder();
    text.append("gavel: reward models and judges for language models\n\n");
    text.append("Usage: gavel COMMAND [--option value]…\n");
    for (Command.Group group : Command.Group.values()) {
      List<Command<?>> members = commands.stream().filter(c -> c.group() == group).toList();
      if (!members.isEmpty()) {
        text.append("\n").append(group.title()).append("\n");
        members.forEach(c -> entry(text, c.name(), c.summary()));
      }
    }
    text.append("\nMeasuring\n");
    entry(text, "bench", "JMH benches, and a report in turns with other systems: 'gavel bench -h'");
    text.append("\n'gavel COMMAND --help' shows a command's options and examples.\n");
    return text.toString();
  }

  /// `gavel COMMAND --help`.
  static String of(Command<?> command) {
    Schema<?> schema = command.schema();
    StringBuilder text = new StringBuilder();
    text.append("gavel %s: %s\n\n".formatted(command.name(), command.summary()));
    text.append("Usage: gavel ").append(command.name());
    schema.positional().ifPresent(p -> text.append(' ').append(words(p)));
    text.append(" [--option value]…\n");
    grouped(schema).forEach((group, options) -> section(text, group, options));
    text.append("\nEvery command\n");
    if (Arguments.takesConfig(schema)) {
      entry(
          text, "--config FILE.json", "the same keys; // comments allowed; a flag beats the file");
    }
    entry(
        text,
        "--print_config true|false",
        "print the options with their origin, and stop (default false)");
    entry(text, "--help", "this text");
    text.append("\nExamples\n");
    command.examples().forEach(e -> text.append("  ").append(e).append("\n"));
    return text.toString();
  }

  private static void section(StringBuilder text, String group, List<OptSpec> options) {
    text.append("\n").append(group).append("\n");
    for (OptSpec option : options) {
      String name =
          option.positional() ? words(option) : "--" + option.key() + " " + option.placeholder();
      entry(text, name, description(option));
    }
  }

  /// The options by group, groups in the order of their first option.
  static Map<String, List<OptSpec>> grouped(Schema<?> schema) {
    Map<String, List<OptSpec>> groups = new LinkedHashMap<>();
    for (OptSpec option : schema.options().stream().filter(o -> !o.isNever()).toList()) {
      groups.computeIfAbsent(option.group(), g -> new ArrayList<>()).add(option);
    }
    return groups;
  }

  private static String words(OptSpec positional) {
    return positional.placeholder() + (positional.isList() ? "…" : "");
  }

  /// What it does, its limits, where it is read, its other names and its default.
  private static String description(OptSpec option) {
    StringBuilder text = new StringBuilder(option.help());
    if (!option.limits().isEmpty()) {
      text.append("; ").append(option.limits());
    }
    if (!option.usedWith().isEmpty()) {
      text.append("; ").append(option.usedWith());
    }
    if (!option.aliases().isEmpty()) {
      text.append("; also --").append(String.join(", --", option.aliases()));
    }
    if (option.required()) {
      text.append(" (required)");
    }
    option.def().ifPresent(def -> text.append(" (default ").append(def).append(")"));
    return text.toString();
  }

  private static void entry(StringBuilder text, String name, String description) {
    StringBuilder line = new StringBuilder(" ".repeat(INDENT)).append(name);
    if (line.length() + INDENT > COLUMN) {
      text.append(line).append("\n");
      line.setLength(0);
    }
    boolean empty = true; // the description's part of this line
    line.append(" ".repeat(COLUMN - line.length()));
    for (String word : description.split(" ")) {
      if (!empty && line.length() + 1 + word.length() > WIDTH) {
        text.append(line).append("\n");
        line.setLength(0);
        line.append(" ".repeat(COLUMN));
        empty = true;
      }
      line.append(empty ? "" : " ").append(word);
      empty = false;
    }
    text.append(line).append("\n");
  }
}
