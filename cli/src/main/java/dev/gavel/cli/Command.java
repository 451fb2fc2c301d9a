package dev.gavel.cli;

import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Schema;
import java.util.Arrays;
import java.util.List;

/// A command of `gavel`: what `--help` says about it, the record of its options, and what it does.
///
/// @param name one or two words: `tokenize`, `data inspect`; `judge --merge` is what `judge` is
///   where this flag stands anywhere in the call, with other options
/// @param summary one line without a full stop
/// @param options a record whose components carry `@Opt`
/// @param examples three calls to copy
record Command<R extends Record>(
    String name,
    Group group,
    String summary,
    Class<R> options,
    List<String> examples,
    Body<R> body) {

  /// The sections of `gavel --help`.
  enum Group {
    DEMO("Start here"),
    LINES("Line commands: JSON lines in, JSON lines out"),
    MODELS("Making and looking"),
    TRAINING("Training"),
    JUDGING("Judging");

    private final String title;

    Group(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  /// What a command does.
  interface Body<R extends Record> {
    /// @return [Exit#DONE] or [Exit#FAILED]; what cannot go on at all is thrown, with a message for
    ///   the user
    Exit run(Bound<R> options, Console console) throws Exception;
  }

  Command {
    examples = List.copyOf(examples);
    if (examples.size() != 3) {
      throw new IllegalArgumentException(name + " has " + examples.size() + " examples, not three");
    }
  }

  /// The words that its call begins with.
  List<String> words() {
    return parts(false);
  }

  /// Whether a call is one of this command.
  ///
  /// @param call its words, the command's first
  boolean isCalledBy(List<String> call) {
    List<String> words = words();
    if (call.size() < words.size() || !call.subList(0, words.size()).equals(words)) {
      return false;
    }
    List<String> rest = call.subList(words.size(), call.size());
    int end = rest.indexOf("--");
    List<String> flags = end < 0 ? rest : rest.subList(0, end);
    return parts(true).stream()
        .allMatch(f -> flags.stream().anyMatch(w -> w.equals(f) || w.startsWith(f + "=")));
  }

  private List<String> parts(boolean flags) {
    return Arrays.stream(name.split(" ")).filter(w -> w.startsWith("--") == flags).toList();
  }

  Schema<R> schema() {
    return Schema.of(options);
  }
}
