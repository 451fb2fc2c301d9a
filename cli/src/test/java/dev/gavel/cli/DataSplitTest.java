package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class DataSplitTest {
  private static final String TREE =
      "{\"trajectory\":[{\"from\":\"user\",\"value\":\"q%d\"}],\"chosen\":\"a\",\"rejected\":\"b\",\"id\":\"r%d_0_%d\",\"parent_id\":\"r%d\"}";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private Path file(String name, List<String> rows) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", rows) + "\n");
  }

  private Ended split(List<Path> files, String out, String parts, String... more) {
    List<String> words = new ArrayList<>(List.of("data", "split"));
    files.forEach(f -> words.add(f.toString()));
    words.addAll(List.of("--output_dir", folder.resolve(out).toString(), "--parts", parts));
    words.addAll(List.of(more));
    return gavel("", words.toArray(String[]::new));
  }

  private List<String> lines(String file) throws IOException {
    return List.of(Files.readString(folder.resolve(file)).split("\n", -1));
  }

  private static JsonNode done(Ended ended) throws IOException {
    assertThat(ended.code()).as(ended.err()).isZero();
    return Json.parse(ended.out(), "result");
  }

  @Test
  void rowsOfOneTreeStayTogether() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      rows.add(TREE.formatted(i, i % 100, i, i % 100));
    }
    Path file = file("rows.jsonl", rows);
    JsonNode result = done(split(List.of(file), "out", "train=0.8,val=0.1,test=0.1"));
    assertThat(result.get("rows").asInt()).isEqualTo(400);
    assertThat(result.get("groups").asInt()).isEqualTo(100);
    assertThat(result.get("together_by").toString())
        .isEqualTo("{\"root\":400,\"prompt\":0,\"row\":0}");
    List<String> written = new ArrayList<>();
    Set<String> roots = new HashSet<>();
    int groups = 0;
    for (String part : List.of("train", "val", "test")) {
      List<String> lines = lines("out/" + part + ".jsonl");
      assertThat(lines.getLast()).isEmpty(); // after the last line feed
      List<String> own = lines.subList(0, lines.size() - 1);
      written.addAll(own);
      Set<String> mine = new HashSet<>();
      for (String line : own) {
        mine.add(Json.parse(line, part).get("parent_id").asString());
      }
      groups += mine.size();
      roots.addAll(mine);
      JsonNode said = result.get("parts").get(part);
      assertThat(said.get("file").asString())
          .isEqualTo(folder.resolve("out/" + part + ".jsonl").toString());
      assertThat(said.get("rows").asInt()).isEqualTo(own.size());
      assertThat(said.get("groups").asInt()).isEqualTo(mine.size());
      assertThat(said.get("share").asDouble()).isEqualTo(own.size() / 400.0);
      // four times the standard deviation of 100 groups
      assertThat(said.get("share").asDouble()).isBetween(part.equals("train") ? 0.64 : 0.01, 0.96);
      assertThat(own).isSubsetOf(rows);
      assertThat(own).isSortedAccordingTo((a, b) -> rows.indexOf(a) - rows.indexOf(b));
    }
    assertThat(written).containsExactlyInAnyOrderElementsOf(rows);
    assertThat(groups).isEqualTo(roots.size()); // no root in two parts
    Ended inspected =
        gavel(
            "",
            "data",
            "inspect",
            folder.resolve("out/train.jsonl").toString(),
            folder.resolve("out/val.jsonl").toString(),
            folder.resolve("out/test.jsonl").toString());
    assertThat(inspected.out().replaceAll("\\s+", " "))
        .contains("rows whose prompt is in an earlier file: none")
        .contains("rows whose tree's root (parent_id) is in an earlier file: none");
    String again = split(List.of(file), "again", "train=0.8,val=0.1,test=0.1").out();
    assertThat(again.replace("/again/", "/out/")).isEqualTo(result + "\n");
  }

  /// The part depends on the seed and the group: more rows leave the old ones where they were.
  @Test
  void aLongerFilePutsTheOldRowsWhereTheyWere() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      rows.add("{\"prompt\":\"p%d\",\"completion\":\"c\"}".formatted(i));
    }
    Path some = file("some.jsonl", rows.subList(0, 40));
    Path rest = file("rest.jsonl", rows.subList(40, 60));
    done(split(List.of(some), "a", "x=0.5,y=0.5"));
    done(split(List.of(some, rest), "b", "x=0.5,y=0.5"));
    done(split(List.of(some), "c", "x=0.5,y=0.5", "--seed=1"));
    String before = Files.readString(folder.resolve("a/x.jsonl"));
    assertThat(Files.readString(folder.resolve("b/x.jsonl")))
        .startsWith(before)
        .isNotEqualTo(before);
    assertThat(Files.readString(folder.resolve("c/x.jsonl"))).isNotEqualTo(before);
  }

  /// One prompt in every form in which a row can have it.
  @Test
  void onePromptIsOneGroupInEveryForm() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String[] forms = {
        "{\"prompt\":\"q%d\",\"completion\":\"a\"}",
        "{\"prompt\":[{\"role\":\"user\",\"content\":\"q%d\"}],\"completion\":[{\"role\":\"assistant\",\"content\":\"a\"}]}",
        "{\"prompt\":\"q%d\",\"chosen\":\"a\",\"rejected\":\"b\"}",
        "{\"prompt\":[{\"role\":\"user\",\"content\":\"q%d\"}],\"chosen\":[{\"role\":\"assistant\",\"content\":\"a\"}],\"rejected\":[{\"role\":\"assistant\",\"content\":\"b\"}]}",
        "{\"prompt\":\"q%d\",\"response_a\":\"a\",\"response_b\":\"b\"}",
        "{\"input\":\"q%d\",\"output_1\":\"a\",\"output_2\":\"b\",\"label\":1}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"q%d\"},{\"role\":\"assistant\",\"content\":\"a\"}]}",
        "{\"prompt\":\"q%d\",\"chosen\":[\"a\"],\"rejected\":[\"b\",\"c\",\"d\"],\"subset\":\"Math\"}",
      };
      for (String form : forms) {
        rows.add(form.formatted(i));
      }
    }
    rows.add("{\"text\":\"q1\"}");
    rows.add("{\"input_ids\":[1],\"labels\":[1]}");
    rows.add("{\"labels\":[1],\"input_ids\":[1],\"id\":\"x\"}"); // the same row
    JsonNode result = done(split(List.of(file("rows.jsonl", rows)), "out", "x=0.5,y=0.5"));
    assertThat(result.get("groups").asInt()).isEqualTo(30 + 2);
    assertThat(result.get("together_by").toString())
        .isEqualTo("{\"root\":0,\"prompt\":240,\"row\":3}");
  }

  /// Odd spacing, numbers and escapes stay; an array's elements become lines.
  @Test
  void rowsAreWrittenAsTheyWereRead() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      rows.add(
          " { \"prompt\" : \"\\u00e9%d\", \"x\": 1.0e0, \"completion\":\"é\\n\"}\t".formatted(i));
    }
    Path windows =
        Files.writeString(folder.resolve("w.jsonl"), "\ufeff" + String.join("\r\n", rows));
    Path packed = folder.resolve("packed.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write(Files.readAllBytes(windows));
    }
    done(split(List.of(windows), "w", "x=0.5,y=0.5"));
    done(split(List.of(packed), "p", "x=0.5,y=0.5"));
    Set<String> found = new HashSet<>();
    for (String part : List.of("x", "y")) {
      String text = Files.readString(folder.resolve("w/" + part + ".jsonl"));
      assertThat(folder.resolve("p/" + part + ".jsonl")).hasContent(text);
      found.addAll(List.of(text.split("\n")));
    }
    Set<String> expected = new HashSet<>();
    rows.forEach(row -> expected.add(row + "\r"));
    expected.remove(rows.getLast() + "\r");
    expected.add(rows.getLast()); // the last line had no line break
    assertThat(found).isEqualTo(expected);
    Path array =
        Files.writeString(
            folder.resolve("a.json"),
            "[\n {\n  \"prompt\": \"a\",\r\n  \"completion\": \"\\n\"\n },{\"prompt\":\"b\"},{\"prompt\":\"c\"},{\"prompt\":\"d\"}]");
    done(split(List.of(array), "a", "x=0.5,y=0.5", "--seed=3"));
    String both =
        Files.readString(folder.resolve("a/x.jsonl"))
            + Files.readString(folder.resolve("a/y.jsonl"));
    assertThat(both.lines())
        .containsExactlyInAnyOrder(
            "{   \"prompt\": \"a\",    \"completion\": \"\\n\"  }",
            "{\"prompt\":\"b\"}",
            "{\"prompt\":\"c\"}",
            "{\"prompt\":\"d\"}");
  }

  private void refused(int code, Ended ended, String... words) {
    assertThat(ended.code()).as(ended.err()).isEqualTo(code);
    assertThat(ended.err()).contains(words);
    assertThat(ended.out()).isEmpty();
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void whatIsRefusedLeavesNothing() throws IOException {
    Path good = file("good.jsonl", List.of("{\"prompt\":\"a\"}", "{\"prompt\":\"b\"}"));
    Path bad = file("bad.jsonl", List.of("{\"prompt\":\"a\"}", "{\"prompt\":"));
    refused(
        1,
        split(List.of(bad), "out", "x=0.5,y=0.5"),
        bad + ":2: not valid JSON",
        "nothing is written");
    Path same = file("same.jsonl", List.of("{\"id\":1,\"prompt\":\"a\"}", "{\"id\":1}"));
    refused(1, split(List.of(same), "out", "x=0.5,y=0.5"), "duplicate id 1");
    Path one = file("one.jsonl", List.of("{\"prompt\":\"a\"}", "{\"prompt\":\"a\",\"text\":\"\"}"));
    refused(
        1,
        split(List.of(one), "out", "x=0.5,y=0.5"),
        "gets none of 2 rows in 1 groups of one tree or prompt",
        "another --seed");
    refused(1, split(List.of(folder.resolve("no")), "out", "x=0.5,y=0.5"), "no: no such file");
    refused(2, split(List.of(), "out", "x=0.5,y=0.5"), "FILE is required");
    refused(2, split(List.of(good), "out", "x=0.5"), "1 parts whose shares add up to 0.5");
    refused(2, split(List.of(good), "out", "x=0.5,y=0.6"), "add up to 1.1");
    refused(2, split(List.of(good), "out", "x=0.5,x=0.5"), "'x' stands there twice");
    refused(2, split(List.of(good), "out", "x=1,y=0"), "'x=1': a share lies between 0 and 1");
    refused(2, split(List.of(good), "out", "x=NaN,y=0.5"), "a share lies between 0 and 1");
    refused(2, split(List.of(good), "out", "../x=0.5,y=0.5"), "'../x=0.5' is no NAME=SHARE");
    refused(2, split(List.of(good), "out", "x=half,y=0.5"), "'half' is no number");
    Files.createDirectories(folder.resolve("full/x"));
    Ended full = split(List.of(good), "full", "x=0.5,y=0.5");
    assertThat(full.code()).isEqualTo(1);
    assertThat(full.err()).contains("full: is not empty (it holds x)");
  }
}
