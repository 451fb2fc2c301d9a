package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Binder;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Call;
import dev.gavel.train.config.Schema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every config that is shipped binds to its command.
class ShippedConfigsTest {
  private static final Path CONFIGS =
      Path.of("../train/configs"); // tests run in the module's folder

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  static List<Path> configs() throws IOException {
    try (Stream<Path> files = Files.list(CONFIGS)) {
      List<Path> all = files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
      assertThat(all).hasSize(12);
      return all;
    }
  }

  /// The one that its name begins with.
  private static Command<?> command(Path file) {
    String name = file.getFileName().toString();
    return Commands.ALL.stream()
        .filter(c -> name.startsWith(c.name() + "-"))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aConfigBinds(Path file) throws Exception {
    Call call = new Call(List.of(), List.of(), Optional.of(file));
    assertThat(Binder.bind(command(file).schema(), call, List.of()).options()).isNotNull();
  }

  /// What a run writes has every key, those that nothing reads too.
  @ParameterizedTest
  @MethodSource("configs")
  void whatBecomesOfAConfigBindsToTheSame(Path file) throws Exception {
    bindsToTheSame(command(file).schema(), file);
  }

  private <R extends Record> void bindsToTheSame(Schema<R> schema, Path file) throws Exception {
    Bound<R> bound =
        Binder.bind(schema, new Call(List.of(), List.of(), Optional.of(file)), List.of());
    assertThat(schema.options()).anyMatch(o -> !bound.isRead(o.key()));
    Path resolved = Files.writeString(folder.resolve("resolved.json"), Json.write(bound.json()));
    Call again = new Call(List.of(), List.of(), Optional.of(resolved));
    assertThat(Binder.bind(schema, again, List.of()).options()).isEqualTo(bound.options());
  }
}
