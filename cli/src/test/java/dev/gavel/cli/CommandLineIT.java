package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.Processes.Ended;
import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Exit codes, standard output and standard error of the packaged command.
class CommandLineIT {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static String tokenizer() {
    return Golden.find("tokenizer_tiny").getFirst().toString();
  }

  /// The ids of "The", `[first,…]`, without and with what the post-processor adds.
  private static String ids(boolean special) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(Path.of(tokenizer()));
    return Arrays.toString(tokenizer.encode("The", new EncodeOptions(special, true)))
        .replace(" ", "");
  }

  private static Ended gavel(String input, String... words) throws Exception {
    return Processes.run(Processes.modules(words), input);
  }

  @Test
  void rowsFromStandardInput() throws Exception {
    assertThat(gavel("{\"text\":\"The\"}\n", "tokenize", "--model_name_or_path", tokenizer()))
        .isEqualTo(new Ended(0, "{\"id\":0,\"ids\":" + ids(true) + "}\n", ""));
    Ended mixed =
        gavel(
            "{\"text\":\"The\",\"id\":\"é\"}\n{\"txt\":1}\n",
            "tokenize",
            "--model_name_or_path=" + tokenizer(),
            "--add_special_tokens=false");
    assertThat(mixed)
        .isEqualTo(
            new Ended(
                1,
                "{\"id\":\"é\",\"ids\":"
                    + ids(false)
                    + "}\n"
                    + "{\"error\":\"'text' is missing (keys: txt)\",\"line\":2}\n",
                "gavel tokenize: 1 of 2 rows could not be used; the first: "
                    + "standard input:2: 'text' is missing (keys: txt)\n"));
  }

  @Test
  void wrongUsageAndFailures() throws Exception {
    assertThat(gavel("", "tokenize", "--modle_name_or_path", "x"))
        .isEqualTo(
            new Ended(
                2,
                "",
                """
                gavel tokenize: 2 problems
                  --modle_name_or_path: unknown flag; the nearest is --model_name_or_path
                  --model_name_or_path is required: folder with tokenizer.json or \
                tokenizer.json.gz, or such a file
                'gavel tokenize --help' shows all options.
                """));
    Ended hub = gavel("", "tokenize", "--model_name_or_path", "meta-llama/Llama-3.2-1B");
    assertThat(hub.code()).isEqualTo(1);
    assertThat(hub.out()).isEmpty();
    assertThat(hub.err())
        .startsWith("gavel tokenize: meta-llama/Llama-3.2-1B: no such folder")
        .contains("hf download meta-llama/Llama-3.2-1B")
        .doesNotContain("\tat ");
    assertThat(gavel("", "tokenise").code()).isEqualTo(2);
  }

  /// The golden vectors through the command, all rows of a file in one call.
  @Test
  void goldenTokens() throws Exception {
    for (Path set : Golden.find("tokenizer_tiny")) {
      compare(set, "encode.jsonl", "ids", "--add_special_tokens", "false");
      compare(set, "decode.jsonl", "text", "--decode", "true");
      compare(set, "chat.jsonl", "ids", "--chat", "true");
    }
  }

  private void compare(Path set, String file, String key, String... flags) throws Exception {
    Path rows = set.resolve(file);
    Path out = folder.resolve("out.jsonl");
    List<String> words =
        new ArrayList<>(List.of("tokenize", "--model_name_or_path", set.toString()));
    words.addAll(List.of("--dataset", rows.toString(), "--output_file", out.toString()));
    words.addAll(List.of(flags));
    assertThat(gavel("", words.toArray(String[]::new))).isEqualTo(new Ended(0, "", ""));
    List<String> expected = Files.readAllLines(rows);
    List<String> found = Files.readAllLines(out);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      JsonNode row = Json.parse(expected.get(i), rows + ":" + (i + 1));
      JsonNode result = Json.parse(found.get(i), out + ":" + (i + 1));
      assertThat(result.get(key)).as("%s:%d", rows, i + 1).isEqualTo(row.get(key));
    }
  }

  @Test
  void inspect() throws Exception {
    Path good = Golden.find("ckpt_b").getFirst();
    Path bad = Files.writeString(folder.resolve("bad.safetensors"), "no");
    Ended ended = gavel("", "inspect", good.toString(), "--checksum", "true", bad.toString());
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err()).isEqualTo("gavel inspect: 1 of 2 are not valid\n");
    List<String> lines = ended.out().lines().toList();
    assertThat(lines).hasSize(2);
    ObjectNode first = (ObjectNode) Json.parse(lines.get(0), "line 1");
    assertThat(first.propertyNames())
        .containsExactly("path", "valid", "error", "tensors", "parameters", "bytes");
    assertThat(first.get("valid").booleanValue()).isTrue();
    assertThat(first.get("tensors").get(0).propertyNames())
        .containsExactly("name", "dtype", "shape", "sha256");
    ObjectNode second = (ObjectNode) Json.parse(lines.get(1), "line 2");
    assertThat(second.get("valid").booleanValue()).isFalse();
    assertThat(second.get("error").stringValue()).contains("bad.safetensors");
    assertThat(second.get("tensors")).isEmpty();
    assertThat(gavel("", "inspect").err()).contains("PATH is required");
  }

  private static Ended shell(String script, Map<String, String> environment) throws Exception {
    String gavel = "'" + String.join("' '", Processes.modules()) + "'";
    return Processes.run(List.of("bash", "-c", script.replace("GAVEL", gavel)), "", environment);
  }

  @Test
  void aClosedPipeEndsQuietly() throws Exception {
    Path rows =
        Files.writeString(folder.resolve("rows.jsonl"), "{\"text\":\"The\"}\n".repeat(100_000));
    assertThat(
            shell(
                "GAVEL tokenize --model_name_or_path '%s' --dataset '%s' | head -1; "
                        .formatted(tokenizer(), rows)
                    + "exit ${PIPESTATUS[0]}",
                Map.of()))
        .isEqualTo(new Ended(0, "{\"id\":0,\"ids\":" + ids(true) + "}\n", ""));
  }

  @Test
  void aFullDiskDoesNot() throws Exception {
    if (!Files.exists(Path.of("/dev/full"))) {
      System.err.println("SKIPPED: no /dev/full on this system");
      return;
    }
    assertThat(shell("GAVEL --help > /dev/full", Map.of("LC_ALL", "C")))
        .isEqualTo(new Ended(1, "", "gavel: standard output: No space left on device\n"));
  }

  @Test
  void strayPrintsStayOffStandardOutput() throws IOException, InterruptedException {
    assertThat(
            Processes.run(
                Processes.testCommands("echo", "--where=x", "--mode=stray_print"),
                "{\"text\":\"a\"}"))
        .isEqualTo(new Ended(0, "{\"id\":0,\"text\":\"a\"}\n", "stray\n"));
  }

  @Test
  void outputIsUtf8WhateverTheLocale() throws Exception {
    byte[] out =
        new ProcessBuilder(Processes.modules("--help"))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
            .getInputStream()
            .readAllBytes();
    assertThat(new String(out, StandardCharsets.UTF_8)).contains("value]…");
    Ended ended =
        Processes.run(
            Processes.modules("tokenize", "--model_name_or_path", tokenizer(), "--decode", "true"),
            "{\"ids\":[187]}",
            Map.of("LC_ALL", "C"));
    assertThat(ended).isEqualTo(new Ended(0, "{\"id\":0,\"text\":\"\ufffd\"}\n", ""));
  }
}
