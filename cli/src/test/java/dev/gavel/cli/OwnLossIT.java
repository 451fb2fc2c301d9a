package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.Processes.Ended;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A loss of one's own, as the README shows it: compiled against the jars, found on
/// GAVEL_CLASSPATH, checked by its contract, trained with.
class OwnLossIT {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  /// The first block of Java in the README that declares a loss.
  private static String lossOfTheReadme() throws IOException {
    String readme = Files.readString(Processes.HOME.resolve("README.md"));
    int declared = readme.indexOf("implements PreferenceLoss");
    assertThat(declared).as("README.md shows a loss").isPositive();
    int start = readme.lastIndexOf("```java\n", declared) + "```java\n".length();
    return readme.substring(start, readme.indexOf("```", start));
  }

  private Path compile(String source) throws Exception {
    Path classes = dir.resolve("classes");
    Path file = Files.createDirectories(dir.resolve("my/pkg")).resolve("MyLoss.java");
    Files.writeString(file, source);
    Path javac = Path.of(System.getProperty("java.home"), "bin", "javac");
    Ended ended =
        Processes.run(
            List.of(
                javac.toString(),
                "-cp",
                Processes.LIB + "/*",
                "-d",
                classes.toString(),
                file.toString()),
            "");
    assertThat(ended.code()).as(ended.err()).isZero();
    return classes;
  }

  private Ended dpo(Path classes, String out, String... more) throws Exception {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      rows.append("{\"prompt\":\"p%d\",\"chosen\":\" yes\",\"rejected\":\" no\"}\n".formatted(i));
    }
    Files.writeString(dir.resolve("pairs.jsonl"), rows);
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                Processes.LAUNCHER.toString(),
                "dpo",
                "--model_name_or_path",
                Golden.find("ckpt_a").getFirst().toString(),
                "--dataset",
                dir.resolve("pairs.jsonl").toString(),
                "--output_dir",
                dir.resolve(out).toString(),
                "--loss_type",
                "my.pkg.MyLoss",
                "--max_steps",
                "1",
                "--logging_steps",
                "1"));
    command.addAll(List.of(more));
    return Processes.run(command, "", Map.of("GAVEL_CLASSPATH", classes.toString()));
  }

  @Test
  void theLossOfTheReadmeTrains() throws Exception {
    String source = lossOfTheReadme();
    assertThat(source.lines().filter(l -> !l.isBlank()).count()).isLessThan(20);
    Path classes = compile(source);
    Ended ended = dpo(classes, "out", "--loss.gamma", "0.5", "--beta", "0.2");
    assertThat(ended.code()).as(ended.err()).isZero();
    String row = Files.readAllLines(dir.resolve("out/metrics.jsonl")).getFirst();
    // policy and reference are the same model yet: -log sigma(-gamma)
    assertThat(Json.parse(row, "row").get("loss").asDouble())
        .isCloseTo(Math.log1p(Math.exp(0.5)), org.assertj.core.data.Offset.offset(1e-6));
    assertThat(Files.readString(dir.resolve("out/train_config.json"))).contains("\"loss.gamma\"");
    Ended wrong = dpo(classes, "wrong", "--loss.gama", "0.5");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("loss.gama").contains("loss.gamma");
  }
}
