package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataInspectTest {
  private static final String MODEL = Golden.find("ckpt_a").getFirst().toString();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private Path file(String name, String... rows) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", rows) + "\n");
  }

  private static Ended inspect(Path file, String... flags) {
    List<String> words = new ArrayList<>(List.of("data", "inspect", file.toString()));
    words.addAll(List.of(flags));
    return gavel("", words.toArray(String[]::new));
  }

  /// One line, so that it does not matter where lines are folded.
  private static String flat(Ended ended) {
    return ended.out().replaceAll("\\s+", " ");
  }

  @Test
  void rowsOfFineTuning() throws IOException {
    Path file =
        file(
            "rows.jsonl",
            "{\"input_ids\":[1,2,3,4,5],\"labels\":[-100,-100,-100,4,5]}",
            "{\"input_ids\":[1,2,3],\"labels\":[1,2,3]}",
            "{\"id\":7,\"labels\":[1,2,3],\"input_ids\":[1,2,3]}",
            "{\"input_ids\":[1],\"labels\":[1]}");
    Ended ended = inspect(file, "--max_length", "3");
    assertThat(ended.code()).as(ended.err()).isZero();
    String used =
        file
            + ": 2 of 4 rows, 6 tokens, 4 of them learned; 1 cut to max_length 3 (2 tokens lost);"
            + " 2 dropped without a label";
    assertThat(flat(ended))
        .isEqualTo(
            ("rows 4, 0 of them cannot be used"
                    + " duplicates 1; the first: %1$s:3, as in %1$s:2"
                    + " same prompt none"
                    + " forms input_ids 4"
                    + " tokens least 1, 5 %% 1, 25 %% 1, median 3, 75 %% 3, 95 %% 5, 99 %% 5, most 5;"
                    + " mean 3.0, sum 12"
                    + " learned least 0, 5 %% 0, 25 %% 0, median 2, 75 %% 2, 95 %% 2, 99 %% 2, most 2;"
                    + " mean 1.5, sum 6"
                    + " sft would use %2$s ")
                .formatted(file, used));
    String[] sft = {
      "sft",
      "--model_name_or_path",
      MODEL,
      "--dataset",
      file.toString(),
      "--max_length=3",
      "--output_dir",
      folder.resolve("out").toString(),
      "--max_steps=1"
    };
    assertThat(gavel("", sft).err()).contains(used);
  }

  /// Without a tokenizer keys and kinds are looked at, with one the tokens are counted.
  @Test
  void badRowsHaveTheirPlace() throws IOException {
    Path file =
        file(
            "rows.jsonl",
            "{\"prompt\":\"a\",\"completion\":\"b\"}",
            "{\"prompt\":\"a\",\"completion\":\"c\"}",
            "",
            "{\"prompt\":\"a\"}",
            "not json",
            "{\"messages\":[{\"role\":\"user\"}]}");
    for (String[] flags : new String[][] {{}, {"--tokenizer", MODEL}}) {
      Ended ended = inspect(file, flags);
      assertThat(ended.code()).isEqualTo(1);
      assertThat(ended.err())
          .isEqualTo(
              "gavel data inspect: 3 of 5 rows cannot be used; the first: %s:4: 'completion' is missing (keys: prompt)\n"
                  .formatted(file));
      assertThat(flat(ended))
          .contains(
              "rows 5, 3 of them cannot be used bad " + file + ":4: 'completion' is missing",
              "bad " + file + ":5: not valid JSON at column",
              "bad " + file + ":6: 'messages[0]' is an object",
              "duplicates none same prompt 2; the first: %1$s:2, as in %1$s:1".formatted(file),
              "forms prompt and completion 2");
      assertThat(flat(ended).contains("sft would use " + file + ": 2 of 2 rows"))
          .isEqualTo(flags.length > 0);
    }
  }

  @Test
  void pairs() throws IOException {
    Path file =
        file(
            "pairs.jsonl",
            "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\",\"score_chosen\":4,\"score_rejected\":4.0}",
            "{\"prompt\":\"b\",\"chosen\":\"b\",\"rejected\":\"b\",\"score_chosen\":4,\"score_rejected\":3}",
            "{\"prompt\":\"c\",\"response_a\":\"b\",\"response_b\":\"c\",\"label\":\"tie\"}",
            "{\"prompt\":\"c\",\"chosen\":\"b\"}");
    Ended ended = inspect(file, "--model_name_or_path", MODEL);
    assertThat(ended.code()).isEqualTo(1);
    assertThat(flat(ended))
        .contains(
            "bad " + file + ":4: 'rejected' is missing (keys: prompt, chosen)",
            "pairs first is better 2, tie 1",
            "same prompt 1; the first: %1$s:4, as in %1$s:3".formatted(file),
            "equal scores score_chosen = score_rejected in 1 of 2 pairs; the first: " + file + ":1",
            "equal texts both responses are the same in 1 of 3 pairs; the first: " + file + ":2",
            "formats preference 2, responses 1",
            // a BOS and the text; a text and the end token
            "tokens as dpo sees them prompt least 2, ",
            "rejected least 2, ",
            "longer whole least 4, ",
            "reward would use "
                + file
                + ": 2 of 3 pairs, 16 tokens; 1 dropped, they prefer neither",
            "dpo would use " + file + ": 2 of 3 pairs, 16 tokens; 1 dropped, they prefer neither")
        .doesNotContain("sft would use", "warning");
  }

  @Test
  void whatRecipesWouldCutOrDrop() throws IOException {
    Path file =
        file(
            "pairs.jsonl",
            "{\"prompt_ids\":[1,2,3],\"chosen_ids\":[4],\"rejected_ids\":[5,6,7]}",
            "{\"prompt_ids\":[1,2,3,4,5],\"chosen_ids\":[4],\"rejected_ids\":[5]}",
            "{\"chosen_ids\":[1,2,3,4],\"rejected_ids\":[1,2,3,5,6,7]}");
    Ended ended = inspect(file, "--max_length", "5");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(flat(ended))
        .contains(
            "formats ids 3",
            "prompt least 3, ",
            "reward would use "
                + file
                + ": 0 of 3 pairs, 0 tokens; 3 dropped, longer than max_length 5",
            "dpo would use "
                + file
                + ": 1 of 2 pairs, 9 tokens; 1 cut to max_length 5 (1 tokens"
                + " lost); 1 dropped, longer than max_length 5",
            "warning 1 rows have a prompt that leaves no room within max_length; the first: "
                + file
                + ":2");
  }

  @Test
  void whatIsOftenWrongIsWarnedOf() throws IOException {
    String talk =
        "{\"prompt\":\"Which is it?\",\"chosen\":[{\"role\":\"assistant\",\"content\":\"%s\"}],"
            + "\"rejected\":[{\"role\":\"assistant\",\"content\":\"c\"}]}";
    Path file =
        file(
            "pairs.jsonl",
            talk.formatted("a"),
            talk.formatted("<|start_header_id|>assistant<|end_header_id|>a"),
            "{\"prompt\":\"Which is it?\",\"chosen\":\"Which is it? It\",\"rejected\":\"b\"}",
            "{\"prompt\":\"<|begin_of_text|>x\",\"chosen\":\"a\",\"rejected\":\"b\"}",
            "{\"prompt\":\"It is [[\",\"chosen\":\"A]]\",\"rejected\":\"bB]]\"}",
            "{\"prompt\":[{\"role\":\"user\",\"content\":\"q\"}],\"rejected\":\"a\",\"chosen\":["
                + "{\"role\":\"assistant\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"b\"},"
                + "{\"role\":\"assistant\",\"content\":\"c\"}]}");
    Ended ended = inspect(file, "--model_name_or_path", MODEL);
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(flat(ended))
        .contains(
            "warning 1 rows have a template's tokens inside a message",
            "warning 1 rows are plain texts with a template's tokens",
            "warning 1 rows have a completion that begins with the prompt's text",
            "warning 1 rows begin with two BOS tokens",
            // the first row is a conversation, so texts get no end token
            "warning 3 rows have a completion whose last token is no end token",
            "warning 1 rows have answers of several turns")
        .contains("the first: " + file + ":2", "the first: " + file + ":4");
  }

  /// Files are splits of one set: a prompt, or a tree of UltraInteract, must not be in two.
  @Test
  void leaksBetweenFilesAreTold() throws IOException {
    String tree =
        "{\"trajectory\":[{\"from\":\"user\",\"value\":\"%s\"}],\"chosen\":\"a\",\"rejected\":\"b\","
            + "\"id\":\"%s_0_%d\",\"parent_id\":\"%s\"}";
    Path train =
        file(
            "train.jsonl",
            tree.formatted("p", "r1", 0, "r1"),
            tree.formatted("p", "r1", 1, "r1"),
            "{\"prompt\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\"}");
    Path test =
        file(
            "test.jsonl",
            tree.formatted("another", "r1", 1, "r1"), // splits may have the same ids
            tree.formatted("new", "r2", 0, "r2"),
            "{\"prompt\":[{\"role\":\"user\",\"content\":\"q\"}],\"chosen\":\"c\",\"rejected\":\"d\"}");
    Ended ended = inspect(train, test.toString());
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(flat(ended))
        .contains(
            "same prompt 2; the first: %1$s:2, as in %1$s:1".formatted(train),
            "leaks rows whose prompt is in an earlier file: 1; the first: %s:3, as in %s:3"
                .formatted(test, train),
            "rows whose tree's root (parent_id) is in an earlier file: 1; the first: %s:1, as in %s:1"
                .formatted(test, train));
    assertThat(flat(inspect(train))).doesNotContain("leaks");
  }

  @Test
  void parquetNeedsAJar() throws IOException {
    Path file = Files.writeString(folder.resolve("rows"), "PAR1 and so on");
    Ended ended = inspect(file);
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err())
        .startsWith(
            "gavel data inspect: " + file + ": Parquet is read through DuckDB's JDBC driver")
        .contains("GAVEL_CLASSPATH=duckdb_jdbc.jar");
  }

  @Test
  void whatItNeeds() throws IOException {
    assertThat(gavel("", "data", "inspect").err()).contains("FILE is required");
    Ended none = inspect(folder.resolve("none.jsonl"));
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err())
        .isEqualTo(
            "gavel data inspect: %s: no such file\n".formatted(folder.resolve("none.jsonl")));
    Path ids =
        file("ids.jsonl", "{\"input_ids\":[1,%d]}".formatted(InProcess.vocabulary(Path.of(MODEL))));
    assertThat(inspect(ids).code()).isZero();
    Ended outside = inspect(ids, "--model_name_or_path", MODEL);
    assertThat(outside.code()).isEqualTo(1);
    assertThat(flat(outside)).contains("outside the model's vocabulary of ");
  }
}
