package dev.gavel.cli;

import dev.gavel.llama.hub.ModelFolder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Runs the real commands in this process.
final class InProcess {
  private InProcess() {}

  record Ended(int code, String out, String err) {
    List<String> lines() {
      return out.lines().toList();
    }
  }

  static Ended gavel(String input, String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        gavel(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), out, err, words);
    return new Ended(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  static int gavel(InputStream in, OutputStream out, OutputStream err, String... words) {
    PrintStream messages = new PrintStream(err, true, StandardCharsets.UTF_8);
    Console console = new Console(in, new ResultStream(out), messages, Interrupt.never());
    return new Gavel(Commands.ALL, console, false).run(List.of(words));
  }

  static int vocabulary(Path model) {
    try {
      return ModelFolder.readConfig(model).vocabSize();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A copy of a folder, to be broken.
  static Path copy(Path folder, Path to) throws IOException {
    Files.createDirectories(to);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }
}
