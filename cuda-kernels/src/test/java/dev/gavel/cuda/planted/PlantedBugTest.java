package dev.gavel.cuda.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The table of planted bugs, and what it does to a source.
class PlantedBugTest {
  @TempDir private Path folder;

  @Test
  void readsATable() throws IOException {
    Path table = folder.resolve("planted.txt");
    Files.writeString(
        table,
        """
        # comment

        norm block.h: the barrier is left out (race)
            `a;  b;` -> `a;`
            `c` -> `d` x2
        norm: wrong
            `e` -> ``
        """);
    assertThat(PlantedBug.read(table))
        .containsExactly(
            new PlantedBug(
                "norm",
                "block.h",
                "the barrier is left out",
                "race",
                List.of(new PlantedBug.Edit("a;  b;", "a;", 1), new PlantedBug.Edit("c", "d", 2))),
            new PlantedBug(
                "norm", "norm.cu", "wrong", "", List.of(new PlantedBug.Edit("e", "", 1))));
  }

  @Test
  void changesTheText() {
    assertThat(new PlantedBug.Edit("a; b;", "$1", 1).apply("x a;\n  b; y", "f"))
        .isEqualTo("x $1 y");
    assertThat(new PlantedBug.Edit("a", "b", 2).apply("aca", "f")).isEqualTo("bcb");
  }

  @Test
  void refusesWhatDoesNotFit() throws IOException {
    assertThatThrownBy(() -> new PlantedBug.Edit("a", "b", 1).apply("aca", "norm.cu"))
        .hasMessage("`a` stands in norm.cu 2 times, expected 1");
    Path table = Files.writeString(folder.resolve("planted.txt"), "norm: x\n  `a` => `b`\n");
    assertThatThrownBy(() -> PlantedBug.read(table)).hasMessageContaining("planted.txt:2: ");
  }
}
