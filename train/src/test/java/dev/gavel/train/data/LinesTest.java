package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.io.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;

class LinesTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private Lines lines(String input, List<Path> files, Optional<Path> outputFile) {
    byte[] bytes = input.getBytes(StandardCharsets.UTF_8);
    return new Lines(new LineOptions(files, outputFile), new ByteArrayInputStream(bytes), out);
  }

  private static final Lines.RowFunction LENGTH =
      row -> {
        int length = row.text("text").length();
        if (length > 5) {
          throw new IllegalArgumentException("longer than 5");
        }
        return JsonNodeFactory.instance.objectNode().put("length", length);
      };

  @Test
  void oneLinePerRowInOrder() throws IOException {
    String input =
        "{\"text\":\"ab\",\"id\":1.50}\n{\"txt\":1}\n{\n\n{\"id\":\"ü\",\"text\":\"too long\"}\n"
            + "{\"text\":\"\"}";
    Lines.Summary summary = lines(input, List.of(), Optional.empty()).each(LENGTH);
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .satisfiesExactly(
            l -> assertThat(l).isEqualTo("{\"id\":1.50,\"length\":2}"),
            l ->
                assertThat(l).isEqualTo("{\"error\":\"'text' is missing (keys: txt)\",\"line\":2}"),
            l -> assertThat(l).startsWith("{\"error\":\"not valid JSON").endsWith("\"line\":3}"),
            l -> assertThat(l).isEqualTo("{\"error\":\"longer than 5\",\"line\":5,\"id\":\"ü\"}"),
            l -> assertThat(l).isEqualTo("{\"id\":4,\"length\":0}"));
    assertThat(summary)
        .isEqualTo(new Lines.Summary(5, 3, "standard input:2: 'text' is missing (keys: txt)"));
  }

  @Test
  void severalFilesAreNamedInErrors() throws IOException {
    Path a = Files.writeString(folder.resolve("a.jsonl"), "{\"text\":\"a\"}\n{}\n");
    Path b = Files.writeString(folder.resolve("b.json"), "[{\"text\":\"b\"},{}]");
    lines("", List.of(a, b), Optional.empty()).each(LENGTH);
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "{\"id\":0,\"length\":1}",
            "{\"error\":\"'text' is missing (keys: )\",\"line\":2,\"file\":%s}".formatted(text(a)),
            "{\"id\":2,\"length\":1}",
            "{\"error\":\"'text' is missing (keys: )\",\"line\":2,\"file\":%s}".formatted(text(b)));
  }

  private static String text(Path path) {
    return Json.write(JsonNodeFactory.instance.stringNode(path.toString()));
  }

  @Test
  void theOutputFileIsWholeOrNotThere() throws IOException {
    Path file = folder.resolve("sub/out.jsonl");
    lines("{\"text\":\"a\"}\nx", List.of(), Optional.of(file)).each(LENGTH);
    assertThat(Files.readString(file)).startsWith("{\"id\":0,\"length\":1}\n{\"error\"");
    assertThat(out.size()).isZero();
    assertThatThrownBy(() ->
            lines("{\"text\":\"new\"}", List.of(), Optional.of(file))
                .each(row -> {
                  throw new IOException("disk gone");
                }))
        .hasMessage(file + ": not written: disk gone");
    assertThat(Files.readString(file)).startsWith("{\"id\":0,\"length\":1}\n");
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void devicesAreWrittenToNotReplaced() throws IOException {
    Path device = Path.of("/dev/null");
    if (!Files.exists(device)) {
      System.err.println("SKIPPED: no /dev/null on this system");
      return;
    }
    lines("{\"text\":\"a\"}", List.of(), Optional.of(device)).each(LENGTH);
    assertThat(Files.isRegularFile(device)).isFalse();
  }

  @Test
  void anAnswerComesBeforeTheNextRowIsAwaited() throws Exception {
    try (PipedOutputStream question = new PipedOutputStream();
        PipedInputStream answers = new PipedInputStream();
        PipedOutputStream answerEnd = new PipedOutputStream(answers);
        PipedInputStream questionEnd = new PipedInputStream(question)) {
      Thread command =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  new Lines(new LineOptions(List.of(), Optional.empty()), questionEnd, answerEnd)
                      .each(LENGTH);
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      byte[] expected = "{\"id\":0,\"length\":1}\n".getBytes(StandardCharsets.UTF_8);
      question.write("{\"text\":\"a\"}\n".getBytes(StandardCharsets.UTF_8));
      question.flush();
      assertThat(answers.readNBytes(expected.length)).isEqualTo(expected);
      question.close();
      command.join();
    }
  }
}
