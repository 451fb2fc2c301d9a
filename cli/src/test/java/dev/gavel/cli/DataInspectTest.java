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
            "tokens of the texts alone, without a template",
            "prompt least 1, ",
            "second least 1, ")
        .doesNotContain("sft would use");
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
