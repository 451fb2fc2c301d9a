package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import dev.gavel.train.run.FolderLock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// What cannot be used, through the commands: one clear message on standard error, the exit code
/// that COMMANDS fixes, nothing on standard output, nothing half-written. (Rows of line commands,
/// whose errors stand in their place, are in the tests of those commands; a full disk is in
/// [FullDiskIT].)
class BadInputTest {
  private static final Path ONE_FILE = Golden.find("ckpt_a").getFirst();
  private static final Path SHARDED = Golden.find("ckpt_b").getFirst();
  private static final Path EDGE = Golden.find("safetensors_edge").getFirst();

  /// Where library and written format disagree, and either is right.
  private static final Set<String> EITHER =
      Set.of(
          "array_tensor.safetensors", "leading_space.safetensors", "metadata_is_null.safetensors");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private Path rows;
  private Path pairs;
  private Path template;

  @BeforeEach
  void makeInputs() throws IOException {
    rows = Files.writeString(folder.resolve("rows.jsonl"), "{\"text\":\"Hello\"}\n");
    pairs =
        Files.writeString(
            folder.resolve("pairs.jsonl"),
            "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\"}\n");
    template =
        Files.writeString(
            folder.resolve("prompt.json"), "{\"user\":\"{chat} {answer_a} {answer_b}\"}");
  }

  /// The commands that load a model, on one that may be broken.
  private List<String> call(String command, Path model) {
    List<String> words = new ArrayList<>(List.of(command, "--model_name_or_path", model + ""));
    words.addAll(
        switch (command) {
          case "generate" -> List.of("--prompt", "Hello", "--max_new_tokens", "1");
          case "logprobs", "tokenize" -> List.of("--dataset", rows + "");
          case "sft" -> List.of("--dataset", rows + "", "--output_dir", out() + "");
          case "data inspect" -> List.of();
          case "judge" ->
              List.of(
                  ("--dataset "
                          + pairs
                          + " --prompt_template "
                          + template
                          + " --output_dir "
                          + out())
                      .split(" "));
          default -> throw new IllegalArgumentException(command);
        });
    if (command.equals("data inspect")) {
      words.removeFirst();
      words.addAll(0, List.of("data", "inspect", rows.toString()));
    }
    return words;
  }

  private Path out() {
    return folder.resolve("out");
  }

  private Ended refused(List<String> words, String... parts) {
    Ended ended = gavel("", words.toArray(String[]::new));
    assertThat(ended.code()).as("%s: %s", words, ended.err()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains(parts).doesNotContain("\tat ").doesNotContain("bug in gavel");
    assertThat(ended.err().lines().filter(l -> l.startsWith("gavel " + command(words)))).hasSize(1);
    assertThat(out()).doesNotExist();
    return ended;
  }

  private static String command(List<String> words) {
    return words.getFirst().equals("data") ? "data inspect: " : words.getFirst() + ": ";
  }

  private Path broken(Path good) throws IOException {
    return InProcess.copy(good, folder.resolve("model"));
  }

  // ---------------------------------------------------------------- safetensors and JSON

  /// Every case of the golden set, through `inspect`.
  @Test
  void everySafetensorsFileIsJudgedAsTheLibraryJudgesIt() throws IOException {
    List<String> words = new ArrayList<>(List.of("inspect"));
    List<Boolean> expected = new ArrayList<>();
    for (JsonNode row : Json.read(EDGE.resolve("verdicts.json"))) {
      String name = row.get("file").stringValue();
      if (!EITHER.contains(name)) {
        words.add(EDGE.resolve(name).toString());
        expected.add(row.get("library_accepts").booleanValue() && !name.startsWith("duplicate_"));
      }
    }
    Ended ended = gavel("", words.toArray(String[]::new));
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.lines()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      JsonNode line = Json.parse(ended.lines().get(i), "line " + i);
      String name = Path.of(words.get(i + 1)).getFileName().toString();
      assertThat(line.get("valid").booleanValue()).as(name).isEqualTo(expected.get(i));
      assertThat(expected.get(i) || line.get("error").asString().contains(name)).isTrue();
    }
    long bad = expected.stream().filter(valid -> !valid).count();
    assertThat(ended.err())
        .isEqualTo("gavel inspect: %d of %d are not valid\n".formatted(bad, expected.size()));
  }

  @ParameterizedTest
  @CsvSource({
    "missing_bytes, generate",
    "header_truncated, sft",
    "overlap, judge",
    "length_100_million_and_1, logprobs",
    "header_not_utf8, generate",
    "duplicate_names_tiling, sft",
    "duplicate_key_in_tensor, judge",
    "empty_file, logprobs"
  })
  void damagedWeightsAreNamed(String damage, String command) throws IOException {
    Path model = broken(ONE_FILE);
    Files.copy(
        EDGE.resolve(damage + ".safetensors"),
        model.resolve("model.safetensors"),
        StandardCopyOption.REPLACE_EXISTING);
    refused(call(command, model), "model.safetensors");
  }

  static Stream<String[]> jsonFiles() {
    return Stream.of(
            "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
        .flatMap(file ->
            Stream.of("truncated", "not_utf8", "duplicate_key", "too_deep", "empty")
                .map(damage -> new String[] {file, damage}));
  }

  @ParameterizedTest
  @MethodSource("jsonFiles")
  void damagedJsonIsNamed(String file, String damage) throws IOException {
    Path model = broken(ONE_FILE);
    damage(model.resolve(file), damage);
    for (String command : List.of("generate", "sft", "judge")) {
      refused(call(command, model), file);
    }
  }

  private static void damage(Path file, String how) throws IOException {
    byte[] good = Files.readAllBytes(file);
    byte[] bad =
        switch (how) {
          case "truncated" -> Arrays.copyOf(good, good.length / 2);
          case "empty" -> new byte[0];
          case "not_utf8" -> prefixed(good, new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', ','});
          case "duplicate_key" -> prefixed(good, "{\"a\":1,\"a\":2,");
          case "too_deep" ->
              prefixed(good, "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + ",");
          default -> throw new IllegalArgumentException(how);
        };
    Files.write(file, bad);
  }

  private static byte[] prefixed(byte[] object, String begin) {
    return prefixed(object, begin.getBytes(StandardCharsets.UTF_8));
  }

  /// Another beginning instead of an object's brace.
  private static byte[] prefixed(byte[] object, byte[] begin) {
    byte[] all = Arrays.copyOf(begin, begin.length + object.length - 1);
    System.arraycopy(object, 1, all, begin.length, object.length - 1);
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"truncated", "not_utf8", "duplicate_key", "too_deep", "empty"})
  void aDamagedIndexIsNamed(String damage) throws IOException {
    Path model = broken(SHARDED);
    damage(model.resolve("model.safetensors.index.json"), damage);
    refused(call("generate", model), "model.safetensors.index.json");
  }

  @Test
  void aDamagedConfigOfOptionsIsWrongUsage() throws IOException {
    Path config = folder.resolve("options.json");
    for (String text :
        List.of("{\"seed\":1,\"seed\":2}", "{\"seed\":", "[1]", "", "{\"sede\":1}")) {
      Files.writeString(config, text);
      Ended ended = gavel("", "demo", "--config", config.toString());
      assertThat(ended.code()).as(text).isEqualTo(2);
      assertThat(ended.out()).isEmpty();
      assertThat(ended.err()).contains(config.toString());
    }
  }

  // ---------------------------------------------------------------- model folders

  @ParameterizedTest
  @ValueSource(strings = {"generate", "logprobs", "sft", "judge"})
  void anotherArchitectureIsNamed(String command) throws IOException {
    Path model = broken(ONE_FILE);
    Path config = model.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("LlamaForCausalLM", "MistralForCausalLM"));
    refused(call(command, model), "config.json", "MistralForCausalLM", "LlamaForCausalLM");
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "logprobs", "sft", "judge"})
  void aMissingShardIsNamed(String command) throws IOException {
    Path model = broken(SHARDED);
    Files.delete(model.resolve("model-00002-of-00003.safetensors"));
    refused(call(command, model), "model-00002-of-00003.safetensors");
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "logprobs", "sft", "judge"})
  void aShardOutsideTheFolderIsNotRead(String command) throws IOException {
    Path model = broken(SHARDED);
    Path shard = model.resolve("model-00002-of-00003.safetensors");
    Files.move(shard, folder.resolve(shard.getFileName()));
    Path index = model.resolve("model.safetensors.index.json");
    Files.writeString(index, Files.readString(index).replace("model-00002", "../model-00002"));
    refused(call(command, model), "../model-00002-of-00003.safetensors");
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "logprobs", "sft", "judge"})
  void weightsThatAreNoNumbersAreNamed(String command) throws IOException {
    Path model = broken(ONE_FILE);
    Path weights = model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] = 0x7f; // the last f32, little-endian: NaN
    bytes[bytes.length - 2] = (byte) 0xc0;
    Files.write(weights, bytes);
    refused(call(command, model), "model.safetensors: tensor '", "NaN or infinity");
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "logprobs", "tokenize", "sft", "judge", "data inspect"})
  void aNameOnTheHubGetsTheDownloadCommand(String command) {
    refused(
        call(command, Path.of("meta-llama/Llama-3.2-1B")),
        "meta-llama/Llama-3.2-1B: no such folder",
        "hf download meta-llama/Llama-3.2-1B --local-dir Llama-3.2-1B");
  }

  // ---------------------------------------------------------------- prompts and rows

  @ParameterizedTest
  @ValueSource(strings = {"sft", "judge"})
  void aRowWithoutItsKeyIsNamedWithFileAndLine(String command) throws IOException {
    Files.writeString(rows, "{\"text\":\"a\"}\n\n{\"txt\":\"b\"}\n");
    Files.writeString(
        pairs,
        "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\"}\n\n"
            + "{\"prompt\":\"a\",\"chosen\":\"b\"}\n");
    refused(
        call(command, ONE_FILE),
        command.equals("sft")
            ? "rows.jsonl:3: expected 'prompt' and 'completion'"
            : "pairs.jsonl:3: 'rejected' is missing (keys: prompt, chosen)");
  }

  @Test
  void idsOutsideTheVocabularyAreNamedWithFileAndLine() throws IOException {
    int size = InProcess.vocabulary(ONE_FILE);
    Files.writeString(rows, "{\"input_ids\":[1,%d],\"labels\":[1,1]}\n".formatted(size));
    refused(
        call("sft", ONE_FILE),
        "rows.jsonl:1: 'input_ids': element 1 is %1$d, outside the model's vocabulary of %1$d tokens"
            .formatted(size));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sft   |                                    | holds no rows",
        "sft   | {\"input_ids\":[1],\"labels\":[1]} | none of the 1 rows has a token to learn",
        "judge |                                    | no pairs; there is nothing to judge"
      })
  void zeroUsableRowsAreAnError(String command, String row, String message) throws IOException {
    Files.writeString(rows, row == null ? "" : row + "\n");
    Files.writeString(pairs, "");
    refused(call(command, ONE_FILE), command.equals("sft") ? "rows.jsonl" : "pairs.jsonl", message);
  }

  @Test
  void anEmptyPromptIsAnError() {
    for (String command : List.of("generate", "logprobs")) {
      Ended ended = gavel("{\"ids\":[]}\n", command, "--model_name_or_path", ONE_FILE.toString());
      assertThat(ended.code()).isEqualTo(1);
      assertThat(ended.out()).contains("\"line\":1").doesNotContain("samples");
      assertThat(ended.err()).contains("standard input:1: ");
    }
  }

  @Test
  void aPromptThatDoesNotFitEndsAJudgementBeforeItBegins() throws IOException {
    Files.writeString(
        pairs,
        "{\"id\":\"long one\",\"prompt\":\"%s\",\"chosen\":\"b\",\"rejected\":\"c\"}\n"
            .formatted("word ".repeat(600)));
    refused(
        call("judge", ONE_FILE),
        "item \"long one\"",
        "the prompt has ",
        "the context of this model");
  }

  // ---------------------------------------------------------------- folders and flags

  @ParameterizedTest
  @ValueSource(strings = {"sft", "judge"})
  void aFolderThatAnotherProcessHasIsLeftAlone(String command) throws IOException {
    try (FolderLock _ = FolderLock.take(out())) {
      Ended ended = gavel("", call(command, ONE_FILE).toArray(String[]::new));
      assertThat(ended.code()).isEqualTo(1);
      assertThat(ended.out()).isEmpty();
      assertThat(ended.err()).contains(out() + ": another process writes to this folder");
      assertThat(out().toFile().list()).containsExactly(FolderLock.FILE);
    }
  }

  static Stream<String> commands() {
    return Commands.ALL.stream().map(Command::name);
  }

  /// The words that call a command; a flag that chooses it has a value.
  private static List<String> named(String command) {
    String value =
        command.endsWith("--merge") ? " one" : command.endsWith("--compare") ? " one,two" : "";
    return List.of((command + value).split(" "));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void anUnknownFlagOrKeyIsWrongUsage(String command) throws IOException {
    List<String> flag = new ArrayList<>(named(command));
    flag.addAll(List.of("--no_such_flag", "1"));
    Ended ended = gavel("", flag.toArray(String[]::new));
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err())
        .contains("--no_such_flag: unknown flag; the nearest is --")
        .endsWith("'gavel " + command + " --help' shows all options.\n");
    if (!command.equals("init")) { // its --config is a model's
      Path config = Files.writeString(folder.resolve("options.json"), "{\"no_such_key\":1}");
      List<String> key = new ArrayList<>(named(command));
      key.addAll(List.of("--config", config.toString()));
      Ended refused = gavel("", key.toArray(String[]::new));
      assertThat(refused.code()).isEqualTo(2);
      assertThat(refused.err()).contains(config + ": unknown key 'no_such_key'; the nearest is '");
    }
  }

  @Test
  void whatDoesNotFitIntoMemoryIsRefusedBeforeItBegins() throws IOException {
    String huge =
        Files.readString(ONE_FILE.resolve("config.json"))
            .replace("\"hidden_size\": 32", "\"hidden_size\": 131072")
            .replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000");
    Path config = Files.writeString(folder.resolve("config.json"), huge);
    List<String> words =
        List.of(
            "sft",
            "--init_from_config",
            config.toString(),
            "--tokenizer",
            ONE_FILE.toString(),
            "--dataset",
            rows.toString(),
            "--output_dir",
            out().toString());
    refused(words, "needs about ", " GB free: take a smaller model; weights, gradients and AdamW");
  }
}
