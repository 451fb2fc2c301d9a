package dev.gavel.llama.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerationConfigTest {
  private static GenerationConfig parse(String json) throws FormatException {
    return GenerationConfig.parse(Json.parse(json, GenerationConfig.FILE), GenerationConfig.FILE);
  }

  @Test
  void readsAndWritesTheGoldenOnes() throws IOException {
    for (String folder : List.of("ckpt_a", "ckpt_b")) {
      for (Path file : Golden.findIfPresent(folder + "/generation_config.json")) {
        GenerationConfig g = GenerationConfig.read(file);
        List<Integer> eos = new ArrayList<>();
        Json.read(file).get("eos_token_id").forEach(id -> eos.add(id.intValue()));
        assertThat(g.eosTokenIds()).isEqualTo(eos).hasSize(3);
        assertThat(g.toJson()).isEqualTo(Json.read(file));
        if (folder.equals("ckpt_a")) {
          assertThat(g.doSample()).isEqualTo(Optional.of(true));
          assertThat(g.temperature()).isEqualTo(OptionalDouble.of(0.6));
          assertThat(g.topP()).isEqualTo(OptionalDouble.of(0.9));
        }
      }
    }
  }

  @Test
  void whatIsNotSaidIsEmpty() throws FormatException {
    GenerationConfig g = parse("{\"temperature\": null, \"mine\": 1}");
    assertThat(g)
        .isEqualTo(
            new GenerationConfig(
                Optional.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalInt.empty(),
                OptionalDouble.empty(),
                OptionalInt.empty(),
                List.of(),
                g.source()));
    assertThat(g.notApplied()).isEmpty();
    assertThat(GenerationConfig.of(List.of(1, 2)).toJson())
        .isEqualTo(Json.parse("{\"eos_token_id\":[1,2]}", ""));
  }

  @Test
  void aChangeIsWrittenOverTheFile() throws FormatException {
    GenerationConfig g = parse("{\"eos_token_id\": 3, \"top_k\": 5, \"mine\": 1}");
    GenerationConfig changed =
        new GenerationConfig(
            Optional.of(true),
            OptionalDouble.of(0.5),
            g.topP(),
            OptionalInt.empty(),
            g.minP(),
            OptionalInt.of(9),
            g.eosTokenIds(),
            g.source());
    assertThat(Json.write(changed.toJson()))
        .isEqualTo(
            "{\"eos_token_id\":3,\"mine\":1,\"do_sample\":true,\"temperature\":0.5,\"max_new_tokens\":9}");
  }

  @Test
  void namesWhatIsAskedForAndNotDone() throws FormatException {
    assertThat(
            parse(
                    "{\"repetition_penalty\":1.0,\"num_beams\":4,\"no_repeat_ngram_size\":0,"
                        + "\"suppress_tokens\":[],\"bad_words_ids\":[[1]]}")
                .notApplied())
        .containsExactly("bad_words_ids [[1]]", "num_beams 4");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"temperature": -1}|temperature is -1.0, expected 0 or more
          {"temperature": "1"}|temperature is "1", expected a number
          {"top_p": 1.5}|top_p is 1.5, expected 0 to 1
          {"min_p": -0.1}|min_p is -0.1, expected 0 to 1
          {"top_k": -1}|top_k is -1, expected 0 or more
          {"max_new_tokens": 0}|max_new_tokens is 0, expected 1 or more
          {"do_sample": 1}|do_sample is 1, expected true or false
          {"eos_token_id": [-1]}|eos_token_id is [-1], expected a token id or a list of them
          []|holds no JSON object
          """)
  void refusesByName(String json, String message) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOf(FormatException.class)
        .hasMessage("generation_config.json: " + message);
  }
}
