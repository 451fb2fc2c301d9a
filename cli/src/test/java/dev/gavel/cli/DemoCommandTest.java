package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Calls that `gavel demo` refuses; what it does is tested where it is done.
class DemoCommandTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private record Ended(int code, String out, String err) {}

  private static Ended gavel(String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            new ResultStream(out),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Interrupt.never());
    int code = new Gavel(Commands.ALL, console, false).run(List.of(words));
    return new Ended(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void wrongUsage() {
    assertThat(gavel("demo", "--fast", "maybe", "--scale", "0", "--sede", "1"))
        .isEqualTo(
            new Ended(
                2,
                "",
                """
                gavel demo: 3 problems
                  --sede: unknown flag; the nearest is --seed
                  --fast maybe: expected true or false
                  --scale 0: must be in [0.01, 100]
                'gavel demo --help' shows all options.
                """));
  }

  @Test
  void aFolderOfAnotherDemo() throws Exception {
    String settings = "{\"demo\":\"miniature\",\"seed\":7,\"fast\":true}";
    Files.writeString(folder.resolve("settings.json"), settings);
    Ended ended = gavel("demo", "--fast", "true", "--output_dir", folder.toString());
    assertThat(ended)
        .isEqualTo(
            new Ended(
                1,
                "",
                "gavel demo: %s was begun with seed = 7, now it is 42; repeat the first call, or choose another --output_dir\n"
                    .formatted(folder)));
    assertThat(folder.resolve("world")).doesNotExist();
  }

  @Test
  void aFolderThatIsAFile() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(gavel("demo", "--output_dir", file.toString()))
        .isEqualTo(
            new Ended(
                1, "", "gavel demo: " + file + ": is a file; expected a folder for the output\n"));
  }
}
