package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class GenerateTest {
  private static final Path ROOT = Golden.roots("ckpt_a").getFirst();
  private static final String MODEL = ROOT.resolve("ckpt_a").toString();

  private static final int VOCABULARY = InProcess.vocabulary(Path.of(MODEL));

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static Ended generate(String input, String... flags) {
    List<String> words = new ArrayList<>(List.of("generate", "--model_name_or_path", MODEL));
    words.addAll(List.of(flags));
    return gavel(input, words.toArray(String[]::new));
  }

  private static JsonNode json(String line) throws IOException {
    return Json.parse(line, "result");
  }

  private static JsonNode sample(Ended ended) throws IOException {
    assertThat(ended.code()).as(ended.err()).isZero();
    return json(ended.lines().getFirst()).get("samples").get(0);
  }

  @Test
  void aPromptIsAnsweredAsPlainText() throws IOException {
    String[] how = {"--max_new_tokens", "12", "--temperature", "1", "--n", "3"};
    JsonNode samples =
        json(generate("{\"prompt\":\"Hello\"}", how).lines().getFirst()).get("samples");
    StringBuilder expected = new StringBuilder();
    samples.forEach(s -> expected.append(s.get("text").asString()).append("\n"));
    String[] plain = {"--prompt", "Hello", "--max_new_tokens=12", "--temperature=1", "--n=3"};
    Ended ended = generate("", plain);
    assertThat(ended.out()).isEqualTo(expected.toString());
    assertThat(ended.code()).isZero();
    assertThat(ended.err())
        .matches(
            "on \\S+ with \\d+ threads; at most 3 samples at once; keys and values: at most"
                + " 1536 tokens, .* free\\R");
  }

  @Test
  void idsAreEqualToTransformers() throws IOException {
    StringBuilder rows = new StringBuilder();
    List<JsonNode> expected = new ArrayList<>();
    for (String line : Files.readAllLines(ROOT.resolve("generate/greedy.jsonl"))) {
      JsonNode row = json(line);
      if (row.get("checkpoint").asString().equals("a")) {
        rows.append("{\"ids\":").append(row.get("prompt")).append("}\n");
        expected.add(row);
      }
    }
    Ended ended = generate(rows.toString(), "--temperature", "0", "--max_new_tokens", "64");
    assertThat(ended.lines()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      JsonNode sample = json(ended.lines().get(i)).get("samples").get(0);
      assertThat(sample.get("ids")).isEqualTo(expected.get(i).get("continuation_stop_at_eos"));
      assertThat(sample.get("logprobs").size()).isEqualTo(sample.get("ids").size());
    }
  }

  /// Rows of all kinds, bad ones among them, whose numbers of tokens differ.
  private static String mixed(int rows) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < rows; i++) {
      text.append(
          switch (i % 5) {
            case 0 -> "{\"prompt\":\"row %d\",\"max_new_tokens\":%d}".formatted(i, 30 - i % 29);
            case 1 -> "{\"ids\":[%d,5],\"n\":3,\"id\":\"r%d\"}".formatted(i, i);
            case 2 -> "{\"messages\":[{\"role\":\"user\",\"content\":\"%d\"}]}".formatted(i);
            case 3 -> "{\"ids\":[]}";
            default -> "{\"prompt\":\"%d\",\"seed\":%d,\"temperature\":0.5}".formatted(i, i);
          });
      text.append("\n");
    }
    return text.toString();
  }

  @Test
  void bytesDependNeitherOnNeighboursNorOnThreads() {
    String rows = mixed(64);
    String[] how = {"--temperature=1", "--max_new_tokens=20", "--threads=2", "--batch_size=64"};
    Ended together = generate(rows, how);
    assertThat(together.code()).isEqualTo(1);
    assertThat(together.lines()).hasSize(64);
    for (String threads : List.of("1", "4")) {
      how[2] = "--threads=" + threads;
      assertThat(generate(rows, how).out()).isEqualTo(together.out());
    }
    how[3] = "--batch_size=1";
    assertThat(generate(rows, how).out()).isEqualTo(together.out());
    assertThat(generate("{\"ids\":[6,5],\"n\":3,\"id\":\"r6\"}", how).lines().getFirst())
        .isEqualTo(together.lines().get(6));
  }

  @Test
  void badRowsHaveTheirPlaceAndHarmNoOther() throws IOException {
    String rows =
        """
        {"prompt":"a","id":"first"}
        {"prompt":1}
        {"text":"a"}
        {"ids":[1,%d],"id":70}
        {"prompt":"a","temperature":-1}
        {"prompt":"a","messages":[]}
        {"messages":[{"role":"user"}]}
        {"prompt":"a","n":0}
        {"prompt":"a","stop_token_ids":[999]}
        {"prompt":"a","stop":[""]}
        {"ids":[%s]}
        not json
        {"prompt":"a","id":"last","temperature":null}
        """
            .formatted(VOCABULARY, "1,".repeat(511) + "1");
    Ended ended = generate(rows, "--max_new_tokens", "2");
    assertThat(ended.code()).isEqualTo(1);
    List<String> lines = ended.lines();
    assertThat(lines).hasSize(13);
    assertThat(lines.getFirst()).startsWith("{\"id\":\"first\",\"samples\":[{\"text\":");
    assertThat(lines.get(12)).startsWith("{\"id\":\"last\",\"samples\"");
    String[] errors = {
      "'prompt' is the number 1, expected a text",
      "expected one of 'prompt', 'messages', 'ids', found none (keys: text)",
      "'ids': element 1 is %1$d, outside the model's vocabulary of %1$d tokens"
          .formatted(VOCABULARY),
      "temperature is -1.0, expected 0 or more",
      "found prompt and messages",
      "'messages[0]' is an object, expected an object with the texts 'role' and 'content'",
      "n is 0",
      "'stop_token_ids': 999 is outside the model's vocabulary of ",
      "a stop string is empty",
      "the prompt has 512 tokens, the context of this model holds 512 with the answer",
      "not valid JSON"
    };
    for (int i = 0; i < errors.length; i++) {
      JsonNode error = json(lines.get(i + 1));
      assertThat(error.get("error").asString()).contains(errors[i]);
      assertThat(error.get("line").asInt()).isEqualTo(i + 2);
    }
    assertThat(json(lines.get(3)).get("id").asInt()).isEqualTo(70);
    assertThat(ended.err())
        .contains("11 of 13 rows could not be used; the first: standard input:2:");
  }

  @Test
  void stopping() throws IOException {
    String row = "{\"ids\":[5,6,7]}";
    JsonNode free = sample(generate(row, "--temperature=0", "--max_new_tokens=20"));
    int third = free.get("ids").get(2).asInt();
    JsonNode stopped =
        sample(
            generate(row, "--temperature=0", "--max_new_tokens=20", "--stop_token_ids=" + third));
    assertThat(stopped.get("finish_reason").asString()).isEqualTo("stop");
    assertThat(stopped.get("ids").size()).isLessThanOrEqualTo(3);
    assertThat(stopped.get("ids").get(stopped.get("ids").size() - 1).asInt()).isEqualTo(third);
    String text = free.get("text").asString();
    String stop = text.substring(3, 5);
    JsonNode cut =
        sample(
            generate(
                row, "--temperature=0", "--max_new_tokens=20", "--stop=none", "--stop=" + stop));
    assertThat(cut.get("text").asString()).isEqualTo(text.substring(0, text.indexOf(stop)));
    JsonNode own =
        sample(
            generate(
                "{\"ids\":[5,6,7],\"stop\":\"" + stop + "\",\"max_new_tokens\":20}",
                "--temperature=0",
                "--stop=zzz"));
    assertThat(own).isEqualTo(cut);
  }

  @Test
  void theModelsOwnEndCanBeIgnored() throws IOException {
    Path model = InProcess.copy(Path.of(MODEL), folder.resolve("m"));
    JsonNode free = sample(generate("{\"ids\":[5]}", "--temperature=0", "--max_new_tokens=6"));
    int second = free.get("ids").get(1).asInt();
    Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\":" + second + "}");
    String[] call = {
      "generate", "--model_name_or_path", model.toString(), "--max_new_tokens=6", "--stream=true"
    };
    JsonNode ended = sample(gavel("{\"ids\":[5]}", call));
    assertThat(ended.get("ids").size()).isLessThanOrEqualTo(2);
    assertThat(ended.get("finish_reason").asString()).isEqualTo("stop");
    JsonNode ignored = sample(gavel("{\"ids\":[5],\"ignore_eos\":true}", call));
    assertThat(ignored).isEqualTo(free);
  }

  @Test
  void theContextsEndIsALength() throws IOException {
    JsonNode sample =
        sample(generate("{\"ids\":[%s]}".formatted("1,".repeat(509) + "1"), "--ignore_eos=true"));
    assertThat(sample.get("finish_reason").asString()).isEqualTo("length");
    assertThat(sample.get("ids").size()).isEqualTo(2);
  }

  @Test
  void textsCanBeWatchedWhileTheyGrow() throws IOException {
    String rows = "{\"ids\":[5],\"n\":2}\n{}\n{\"ids\":[6]}\n";
    Ended ended = generate(rows, "--stream", "--max_new_tokens=9", "--temperature=1");
    StringBuilder expected = new StringBuilder();
    for (int i : new int[] {0, 2}) {
      for (JsonNode sample : json(ended.lines().get(i)).get("samples")) {
        expected.append(sample.get("text").asString()).append("\n");
      }
    }
    assertThat(ended.err()).contains(expected);
  }

  @Test
  void answersComeBeforeThePipeEnds() throws Exception {
    try (PipedOutputStream questions = new PipedOutputStream();
        PipedInputStream in = new PipedInputStream(questions);
        PipedInputStream answers = new PipedInputStream(1 << 16);
        PipedOutputStream out = new PipedOutputStream(answers)) {
      CompletableFuture<Integer> code =
          CompletableFuture.supplyAsync(() ->
              gavel(
                  in,
                  out,
                  OutputStream.nullOutputStream(),
                  "generate",
                  "--model_name_or_path",
                  MODEL,
                  "--max_new_tokens=3"));
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(answers, StandardCharsets.UTF_8));
      for (int i = 0; i < 3; i++) {
        questions.write("{\"prompt\":\"a\"}\n".getBytes(StandardCharsets.UTF_8));
        questions.flush();
        assertThat(reader.readLine()).startsWith("{\"id\":" + i);
      }
      questions.close();
      assertThat(code.get()).isZero();
    }
  }

  @Test
  void wrongUsage() {
    assertThat(generate("", "--prompt=a", "--dataset=x.jsonl", "--top_p=0", "--stop=").err())
        .contains("--top_p 0: must be in (0, 1]");
    assertThat(generate("", "--prompt=a", "--dataset=x.jsonl"))
        .isEqualTo(
            new Ended(
                2,
                "",
                "gavel generate: --dataset x.jsonl is used with no --prompt, but --prompt is a\n"
                    + "'gavel generate --help' shows all options.\n"));
    Ended outside = generate("", "--stop_token_ids", "3,400");
    assertThat(outside.code()).isEqualTo(1);
    assertThat(outside.err())
        .isEqualTo(
            "gavel generate: --stop_token_ids: 400 is outside the model's vocabulary of "
                + VOCABULARY
                + " tokens\n");
  }
}
