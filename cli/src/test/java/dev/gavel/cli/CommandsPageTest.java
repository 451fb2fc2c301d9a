package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CommandsPageTest {
  private static final Path PAGE = Path.of("docs/commands.md"); // tests run in the module's folder

  @Test
  void thePageSaysWhatTheRecordsSay() throws IOException {
    String expected = CommandsPage.of(Commands.ALL);
    if (Boolean.getBoolean("gavel.regenerate")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, expected);
    }
    assertThat(Files.exists(PAGE) ? Files.readString(PAGE) : "")
        .as("cli/%s is out of date; make it again with -Dgavel.regenerate=true", PAGE)
        .isEqualTo(expected);
  }

  @Test
  void examplesAreCallsThatBind() {
    for (Command<?> command : Commands.ALL) {
      for (String example : command.examples()) {
        assertThat(example).contains("gavel " + command.name());
        String[] words = example.replaceFirst(".*gavel " + command.name() + " ?", "").split(" ");
        Arguments arguments = Arguments.parse(command.schema(), java.util.List.of(words));
        assertThat(arguments.problems()).isEmpty();
        arguments
            .call()
            .flags()
            .forEach(f -> assertThat(command.schema().find(f.name())).as(f.name()).isPresent());
      }
    }
  }
}
