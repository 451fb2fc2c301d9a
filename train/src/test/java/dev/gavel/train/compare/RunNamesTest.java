package dev.gavel.train.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.FormatException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RunNamesTest {
  private static List<String> names(String... dirs) throws FormatException {
    return RunNames.of(Stream.of(dirs).map(Path::of).toList());
  }

  @Test
  void asMuchOfThePathAsItTakes() throws FormatException {
    assertThat(names("/a/x", "/a/y/")).containsExactly("x", "y");
    assertThat(names("/a/x", "/b/x", "/b/z")).containsExactly("a/x", "b/x", "z");
    assertThat(names("/1/a/x", "/2/a/x", "/2/b/x")).containsExactly("1/a/x", "2/a/x", "b/x");
    assertThat(names("/x", "/a/x")).containsExactly("x", "a/x");
  }

  @Test
  void aFolderThatIsNamedTwice() {
    assertThatThrownBy(() -> names("/a/x", "/a/b/../x"))
        .isInstanceOf(FormatException.class)
        .hasMessage("/a/b/../x: is named twice; name each run once");
  }
}
