package dev.gavel.cli;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.data.LineOptions;
import dev.gavel.train.data.Lines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;

/// Commands for tests of the frame they stand in.
final class TestCommands {
  enum Mode {
    PLAIN,
    NAN,
    BAD_FILE,
    MISSING_FILE,
    BUG,
    MEMORY,
    STRAY_PRINT
  }

  @OptGroup("Sampling")
  record SamplingOptions(
      @Opt(value = "randomness; 0 is greedy", def = "1.0", range = "[0, inf)") double temperature,
      @Opt(value = "most tokens of a sample", def = "256", range = "[1, inf)", unit = "tokens")
          int maxNewTokens,
      @Opt(
              value = "strings that end a sample, so many that the description needs a second line",
              meta = "STRING")
          List<String> stop,
      @Opt(value = "what comes before", alias = "prefix") Optional<String> prompt) {}

  record EchoOptions(
      @Opt(value = "what to do", def = "plain") Mode mode,
      @Opt(value = "print as it comes", def = "false") boolean stream,
      @Opt("needed") Path where,
      SamplingOptions sampling,
      LineOptions lines) {}

  record PathsOptions(
      @Opt(value = "files", positional = true, meta = "PATH") List<Path> paths,
      @Opt(value = "sums", def = "false") boolean checksum) {}

  record WaitOptions(@Opt(value = "asks to be waited for", def = "true") boolean hold) {}

  static final List<Command<?>> ALL =
      List.of(
          new Command<>(
              "echo",
              Command.Group.LINES,
              "text to text",
              EchoOptions.class,
              List.of("gavel echo --where 1", "gavel echo --where 2", "gavel echo --where 3"),
              TestCommands::echo),
          new Command<>(
              "data paths",
              Command.Group.MODELS,
              "paths",
              PathsOptions.class,
              List.of("gavel data paths a", "gavel data paths b", "gavel data paths c"),
              TestCommands::paths),
          new Command<>(
              "wait",
              Command.Group.MODELS,
              "waits until it is interrupted",
              WaitOptions.class,
              List.of("gavel wait", "gavel wait", "gavel wait"),
              TestCommands::await));

  private TestCommands() {}

  private static Exit echo(Bound<EchoOptions> bound, Console console) throws IOException {
    EchoOptions options = bound.options();
    switch (options.mode()) {
      case PLAIN -> {}
      case NAN -> throw new IllegalArgumentException("the result is NaN");
      case BAD_FILE -> throw new UncheckedIOException(new FormatException("a.json: not JSON"));
      case MISSING_FILE -> throw new NoSuchFileException("a.json");
      case BUG -> throw new ArithmeticException("divided by zero");
      case MEMORY -> throw new OutOfMemoryError("Java heap space");
      case STRAY_PRINT -> System.out.println("stray");
    }
    Lines.Summary summary =
        new Lines(options.lines(), console.in(), console.out())
            .each(row ->
                JsonNodeFactory.instance
                    .objectNode()
                    .put("text", options.sampling().prompt().orElse("") + row.text("text")));
    return summary.bad() == 0 ? Exit.DONE : Exit.FAILED;
  }

  private static Exit paths(Bound<PathsOptions> bound, Console console) throws IOException {
    console.print(bound.options() + "\n");
    return Exit.DONE;
  }

  private static Exit await(Bound<WaitOptions> bound, Console console) throws Exception {
    if (!bound.options().hold()) {
      console.err().println("ready");
      Thread.sleep(60_000);
      return Exit.FAILED;
    }
    try (Interrupt.Hold hold = console.interrupt().hold()) {
      console.err().println("ready");
      while (!hold.requested()) {
        Thread.sleep(5);
      }
      if (System.getenv("STUBBORN") != null) {
        console.err().println("asked");
        Thread.sleep(60_000);
      }
      console.print("saved\n");
    }
    return Exit.DONE;
  }

  /// The process that tests interrupt.
  public static void main(String[] args) {
    Main.run(ALL, args);
  }
}
