package dev.gavel.cli;

import dev.gavel.train.config.Binder;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Nearest;
import dev.gavel.train.config.Schema;
import dev.gavel.train.config.UsageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Finds the command that a call names, binds its options, runs it, and turns what comes of it into
/// an exit code.
final class Gavel {
  private final List<Command<?>> commands;
  private final Console console;
  private final boolean debug;

  Gavel(List<Command<?>> commands, Console console, boolean debug) {
    this.commands = commands;
    this.console = console;
    this.debug = debug;
  }

  /// @return the exit code; standard output is flushed
  int run(List<String> words) {
    try {
      Exit exit = dispatch(words);
      console.out().flush();
      return exit.code();
    } catch (ClosedPipeException e) {
      return Exit.DONE.code(); // the reader has what it wanted
    } catch (IOException e) {
      return failed("", e).code();
    }
  }

  private Exit dispatch(List<String> words) throws IOException {
    if (words.isEmpty()) {
      console.err().print(Help.overview(commands));
      return Exit.USAGE;
    }
    return switch (words.getFirst()) {
      case "--help", "-h" -> print(Help.overview(commands));
      case "--version" -> print(Version.line() + "\n");
      case "help" -> help(words.subList(1, words.size()));
      case "bench" -> bench();
      default -> call(words);
    };
  }

  /// The bench sees all modules and none sees it: its jar is a process of its own, which the script
  /// starts before anything comes here.
  private Exit bench() {
    console
        .err()
        .println(
            "gavel bench: only the script 'gavel' of a source tree starts it; or try java -jar bench/target/benchmarks.jar -h");
    return Exit.FAILED;
  }

  private Exit help(List<String> words) throws IOException {
    if (words.isEmpty()) {
      return print(Help.overview(commands));
    }
    Optional<Command<?>> command = find(words);
    return command.isPresent() ? print(Help.of(command.get())) : unknown(words);
  }

  private Exit call(List<String> words) throws IOException {
    Optional<Command<?>> command = find(words);
    if (command.isEmpty()) {
      return unknown(words);
    }
    int length = command.get().words().size();
    return call(command.get(), words.subList(length, words.size()));
  }

  /// The command with the longest name that the call begins with.
  private Optional<Command<?>> find(List<String> words) {
    Command<?> found = null;
    for (Command<?> command : commands) {
      if (command.isCalledBy(words)
          && (found == null || command.name().length() > found.name().length())) {
        found = command;
      }
    }
    return Optional.ofNullable(found);
  }

  private Exit unknown(List<String> words) {
    List<String> names = new ArrayList<>(commands.stream().map(Command::name).toList());
    String typed = words.getFirst();
    boolean twoWords = words.size() > 1 && names.stream().anyMatch(n -> n.startsWith(typed + " "));
    String shown = twoWords ? typed + " " + words.get(1) : typed;
    console
        .err()
        .println(
            "gavel %s: unknown command; the nearest is '%s'\n'gavel --help' lists all commands."
                .formatted(shown, Nearest.to(shown, names)));
    return Exit.USAGE;
  }

  private <R extends Record> Exit call(Command<R> command, List<String> words) throws IOException {
    int end = words.indexOf("--");
    List<String> flags = end < 0 ? words : words.subList(0, end);
    if (flags.contains("--help") || flags.contains("-h")) {
      return print(Help.of(command));
    }
    try {
      Schema<R> schema = command.schema();
      Arguments arguments = Arguments.parse(schema, words);
      Bound<R> options = Binder.bind(schema, arguments.call(), arguments.problems());
      return arguments.printConfig()
          ? print(options.explained())
          : command.body().run(options, console);
    } catch (UsageException e) {
      return wrongUsage(command, e.problems());
    } catch (ClosedPipeException e) {
      throw e;
    } catch (Exception | OutOfMemoryError | StackOverflowError e) {
      return failed(command.name(), e);
    }
  }

  private Exit wrongUsage(Command<?> command, List<String> problems) {
    String name = "gavel " + command.name() + ": ";
    if (problems.size() == 1) {
      console.err().println(name + problems.getFirst());
    } else {
      console.err().println(name + problems.size() + " problems");
      problems.forEach(p -> console.err().println("  " + p));
    }
    console.err().println("'gavel " + command.name() + " --help' shows all options.");
    return Exit.USAGE;
  }

  private Exit failed(String command, Throwable failure) {
    try {
      console.out().flush(); // what was answered before stays answered
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    Failures.report(console.err(), command, failure, debug);
    return Exit.FAILED;
  }

  private Exit print(String text) throws IOException {
    console.print(text);
    return Exit.DONE;
  }
}
