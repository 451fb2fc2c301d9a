package dev.gavel.cli;

import dev.gavel.train.demo.ModelFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What the launcher runs once after a build, for the JVM to see which classes a start needs
/// (`-XX:ArchiveClassesAtExit`): every command's help and a few small calls, into nowhere.
public final class Warmup {
  private Warmup() {}

  /// Leaves nothing behind and says nothing.
  public static void main(String[] args) throws IOException {
    Path folder = Files.createTempDirectory("gavel-warmup");
    try {
      ModelFiles.write(folder);
      run("", "--help");
      for (Command<?> command : Commands.ALL) {
        run("", (command.name() + " --help").split(" "));
      }
      String[] tokenize = {"tokenize", "--model_name_or_path", folder.toString(), "--seed=1"};
      run("", tokenize); // wrong usage has its own classes
      tokenize[3] = "--chat=false";
      run("{\"text\":\"Hello\",\"id\":\"x\"}\n{\"id\":1.5}\n{\n", tokenize);
      tokenize[3] = "--decode=true";
      run("[{\"ids\":[1,2]}]", tokenize);
      run("", "inspect", folder.toString());
      run("", "doctor");
      Path rows = Files.writeString(folder.resolve("rows.jsonl"), "{\"input_ids\":[1,2]}\n");
      run("", "data", "inspect", rows.toString());
      model(folder, folder.resolve("model"));
    } finally {
      delete(folder);
    }
  }

  /// What loads a model and computes with it.
  private static void model(Path files, Path model) {
    run(
        "",
        "init",
        "--config=" + files.resolve("config.json"),
        "--output_dir=" + model,
        "--tokenizer=" + files,
        "--dtype=bfloat16");
    run("", "generate", "--model_name_or_path=" + model, "--prompt=q", "--max_new_tokens=2");
  }

  private static void delete(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (Files.isDirectory(file)) {
          delete(file);
        } else {
          Files.delete(file);
        }
      }
    }
    Files.delete(folder);
  }

  private static void run(String input, String... words) {
    InputStream in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
    PrintStream err = new PrintStream(OutputStream.nullOutputStream());
    ResultStream out = new ResultStream(OutputStream.nullOutputStream());
    new Gavel(Commands.ALL, new Console(in, out, err, Interrupt.never()), false)
        .run(List.of(words));
  }
}
