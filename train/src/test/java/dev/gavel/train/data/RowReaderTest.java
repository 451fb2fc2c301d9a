package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.FormatException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowReaderTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /// Each row as `number place id`, a bad one as `number place id! error`.
  private static List<String> read(List<Path> files, InputStream in) throws IOException {
    List<String> seen = new ArrayList<>();
    try (RowReader reader = RowReader.open(files, in, () -> {})) {
      for (Item item = reader.next(); item != null; item = reader.next()) {
        seen.add(
            switch (item) {
              case Row row -> row.number() + " " + row.place() + " " + row.id();
              case BadRow bad ->
                  bad.number() + " " + bad.place() + " " + bad.id() + "! " + bad.error();
            });
      }
      assertThat(reader.next()).isNull();
      assertThat(reader.count()).isEqualTo(seen.size());
    }
    return seen;
  }

  private static List<String> read(String text) throws IOException {
    return read(List.of(), stream(text));
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private Path file(String name, String text) throws IOException {
    return file(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void blankLinesAreNoRowsAndTheLastNeedsNoLineFeed() throws IOException {
    assertThat(read("\n{\"a\":1}\r\n \t\r\n{\"id\":\"x\"}\n\n{\"a\":3}"))
        .containsExactly(
            "0 standard input:2 0", "1 standard input:4 \"x\"", "2 standard input:6 2");
    assertThat(read("")).isEmpty();
    assertThat(read("\n \n")).isEmpty();
  }

  @Test
  void badRowsCountAndTheNextOnesAreRead() throws IOException {
    assertThat(
            read(
                "{\"a\":1}\n{\"a\":\n3\n[1]\n{} x\n{\"id\":true}\n{\"id\":null}\n{\"a\":1,\"a\":2}\n{}"))
        .satisfiesExactly(
            r -> assertThat(r).isEqualTo("0 standard input:1 0"),
            r -> assertThat(r).startsWith("1 standard input:2 null! not valid JSON at column"),
            r ->
                assertThat(r)
                    .isEqualTo(
                        "2 standard input:3 null! expected a JSON object, found the number 3"),
            r ->
                assertThat(r)
                    .isEqualTo("3 standard input:4 null! expected a JSON object, found an array"),
            r -> assertThat(r).startsWith("4 standard input:5 null! not valid JSON at column 4"),
            r ->
                assertThat(r)
                    .isEqualTo(
                        "5 standard input:6 null! 'id' is true, expected a text or a number"),
            r -> assertThat(r).isEqualTo("6 standard input:7 6"),
            r -> assertThat(r).contains("7 standard input:8 null! not valid JSON", "Duplicate"),
            r -> assertThat(r).isEqualTo("8 standard input:9 8"));
  }

  @Test
  void elementsOfAnArrayAreRows() throws IOException {
    assertThat(
            read(
                " \n[ {\"a\": \"]}\\\"\"},\n {\"id\": 7,\n \"b\": [1, {}]} , 5, {\"a\": }, {}\n]\n "))
        .satisfiesExactly(
            r -> assertThat(r).isEqualTo("0 standard input, element 1 0"),
            r -> assertThat(r).isEqualTo("1 standard input, element 2 7"),
            r -> assertThat(r).contains("element 3 null! expected a JSON object"),
            r -> assertThat(r).contains("element 4 null! not valid JSON"),
            r -> assertThat(r).isEqualTo("4 standard input, element 5 4"));
    assertThat(read("[]")).isEmpty();
    assertThat(read("[{}"))
        .containsExactly(
            "0 standard input, element 1 null! the array is not closed; what follows is not read");
    assertThat(read("[{}] x")).last().asString().contains("text after the array");
    assertThat(read("[{},]")).last().asString().contains("empty element");
    assertThat(read("[{}{}]")).last().asString().contains("not valid JSON");
  }

  @Test
  void idsKeepTheirSpelling() throws IOException {
    assertThat(
            read(
                "{\"id\":1.50}\n{\"x\":{\"id\":3},\"id\":1e2}\n{\"id\":12345678901234567890123}\n"
                    + "{\"id\":\"1.5\"}\n{\"id\":-0}\n{\"id\":\"é\\n\"}"))
        .extracting(r -> r.replaceFirst(".*:\\d+ ", ""))
        .containsExactly("1.50", "1e2", "12345678901234567890123", "\"1.5\"", "-0", "\"é\\n\"");
  }

  @Test
  void duplicateIdsNameBothPlaces() throws IOException {
    Path a = file("a.jsonl", "{\"id\":5}\n{\"id\":\"5\"}\n");
    Path b = file("b.json", "[{\"id\":5.0},{},{\"id\":3},{},{}]");
    assertThat(read(List.of(a, b), stream("")))
        .containsExactly(
            "0 " + a + ":1 5",
            "1 " + a + ":2 \"5\"",
            "2 %s, element 1 5.0! duplicate id 5.0: %s:1 and %s, element 1".formatted(b, a, b),
            "3 " + b + ", element 2 3",
            "4 %s, element 3 3! duplicate id 3: %s, element 2 and %s, element 3".formatted(b, b, b),
            ("5 %s, element 4 null! the row has no 'id', and its number 5 is the id of %s:1; "
                    + "this is %s, element 4")
                .formatted(b, a, b),
            "6 " + b + ", element 5 6");
  }

  @Test
  void bytesThatAreNotUtf8AreNamed() throws IOException {
    byte[] bytes = "{\"a\":\"xyz\"}\n{}".getBytes(StandardCharsets.UTF_8);
    bytes[7] = (byte) 0xff;
    assertThat(read(List.of(), new ByteArrayInputStream(bytes)))
        .containsExactly(
            "0 standard input:1 null! not valid UTF-8: byte 0xff at byte 8",
            "1 standard input:2 1");
    byte[] overlong = {'{', '"', (byte) 0xc0, (byte) 0xaf, '"', ':', '1', '}'};
    assertThat(read(List.of(), new ByteArrayInputStream(overlong)))
        .containsExactly("0 standard input:1 null! not valid UTF-8: byte 0xc0 at byte 3");
    byte[] cut = {'{', '"', (byte) 0xc3};
    assertThat(read(List.of(), new ByteArrayInputStream(cut))).first().asString().contains("0xc3");
  }

  @Test
  void aByteOrderMarkIsSkipped() throws IOException {
    assertThat(read("\ufeff{\"a\":1}")).containsExactly("0 standard input:1 0");
    assertThat(read("\ufeff[{}]")).containsExactly("0 standard input, element 1 0");
  }

  @Test
  void gzipIsToldByItsBytes() throws IOException {
    Path packed = file("rows.gz", gzip("{\"id\":\"a\"}\n{}"));
    Path unnamed = file("rows.jsonl", gzip("[{\"id\":\"b\"}]"));
    assertThat(read(List.of(packed, unnamed), stream("")))
        .containsExactly(
            "0 %s:1 \"a\"".formatted(packed),
            "1 %s:2 1".formatted(packed),
            "2 %s, element 1 \"b\"".formatted(unnamed));
    byte[] whole = gzip("{}\n".repeat(10_000));
    Path cut = file("cut.gz", java.util.Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> read(List.of(cut), stream("")))
        .isInstanceOf(FormatException.class)
        .hasMessage(cut + ": the gzip data ends too early; the file is incomplete");
    whole[whole.length / 2] ^= 0x55;
    whole[whole.length / 2 + 1] ^= 0x55;
    Path damaged = file("damaged.gz", whole);
    assertThatThrownBy(() -> read(List.of(damaged), stream("")))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(damaged + ": the gzip data");
  }

  @Test
  void missingFilesAreFoundBeforeAnythingIsRead() {
    Path missing = folder.resolve("missing.jsonl");
    assertThatThrownBy(() -> RowReader.open(List.of(missing), stream(""), () -> {}))
        .hasMessage(missing + ": no such file");
    assertThatThrownBy(() -> RowReader.open(List.of(folder), stream(""), () -> {}))
        .hasMessage(folder + ": is a folder; expected a file of JSON rows");
  }

  @Test
  void veryLongLines() throws IOException {
    String text = "x".repeat(30_000_000);
    try (RowReader reader =
        RowReader.open(List.of(), stream("{\"text\":\"" + text + "\"}\n{}"), () -> {})) {
      assertThat(reader.next())
          .isInstanceOfSatisfying(
              Row.class,
              row -> assertThat(row.json().get("text").stringValue()).hasSize(text.length()));
      assertThat(reader.next()).isInstanceOf(Row.class);
    }
  }
}
