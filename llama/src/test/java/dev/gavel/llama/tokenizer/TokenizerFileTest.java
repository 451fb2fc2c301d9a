package dev.gavel.llama.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a `tokenizer.json` may say, and the message for each thing it may not.
class TokenizerFileTest {
  private final Path folder;

  TokenizerFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private void assertRefused(JsonNode json, String message) throws IOException {
    Path file = TinyFile.write(folder, json);
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  private void assertTextRefused(String text, String message) throws IOException {
    Path file = Files.writeString(folder.resolve("tokenizer.json"), text);
    assertThatThrownBy(() -> Tokenizer.load(file))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message);
  }

  @Test
  void loadsTheTinyFile() throws IOException {
    Tokenizer tokenizer = TinyFile.load(folder);
    assertThat(tokenizer.vocabularySize()).isEqualTo(TinyFile.SIZE);
    assertThat(tokenizer.encode("abc ac"))
        .containsExactly(TinyFile.BOS, TinyFile.ABC, TinyFile.BLANK_A, 'c');
    assertThat(tokenizer.encode("")).containsExactly(TinyFile.BOS);
  }

  @Test
  void loadsACompressedFile() throws IOException {
    Path file = folder.resolve("tokenizer.json.gz");
    try (var out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(Json.write(TinyFile.json()).getBytes(StandardCharsets.UTF_8));
    }
    assertThat(Tokenizer.load(folder).file()).isEqualTo(file);
    assertThat(Tokenizer.load(file).vocabularySize()).isEqualTo(TinyFile.SIZE);
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> Tokenizer.load(file))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": cannot be read: Unexpected end of ZLIB input stream");
    Files.writeString(file, "{}");
    assertThatThrownBy(() -> Tokenizer.load(file))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("cannot be read: Not in GZIP format");
  }

  @Test
  void namesWhatIsNotThere() {
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(FormatException.class)
        .hasMessage(folder + ": holds neither tokenizer.json nor tokenizer.json.gz");
    Path file = folder.resolve("other.json");
    assertThatThrownBy(() -> Tokenizer.load(file))
        .isInstanceOf(FormatException.class)
        .hasMessage(file + ": there is no such file");
  }

  @Test
  void refusesWhatIsNoJson() throws IOException {
    String whole = Json.write(TinyFile.json());
    assertTextRefused("", "expected a JSON object");
    assertTextRefused("[]", "expected a JSON object");
    assertTextRefused(whole.substring(0, whole.length() / 2), ":1:");
    assertTextRefused(whole + "{}", "more behind the end of the object");
    byte[] bytes = whole.getBytes(StandardCharsets.UTF_8);
    bytes[whole.indexOf("begin_of_text")] = (byte) 0xff;
    Path file = Files.write(folder.resolve("tokenizer.json"), bytes);
    assertThatThrownBy(() -> Tokenizer.load(file))
        .isInstanceOf(FormatException.class)
        .hasMessage(file + ": not UTF-8");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        " ~ colour ~ 1 ~ colour: unknown key; this build knows here: version, truncation",
        " ~ version ~ \"2.0\" ~ version: found 2.0, expected 1.0",
        " ~ version ~ 1 ~ version: found 1, expected a string",
        " ~ normalizer ~ {\"type\":\"NFC\"} ~ normalizer: 'NFC' is unknown; this build knows none",
        " ~ normalizer ~ {} ~ normalizer: 'type' is missing",
        " ~ pre_tokenizer ~ null ~ pre_tokenizer: found null; this build knows a Sequence of Split",
        " ~ pre_tokenizer ~ {\"type\":\"Whitespace\"} ~ pre_tokenizer: found Whitespace; this build",
        "/pre_tokenizer ~ pretokenizers ~ [] ~ pre_tokenizer.pretokenizers: found 0 steps; this build",
        "/pre_tokenizer/pretokenizers/0 ~ type ~ \"Digits\" ~ pretokenizers[0]: found Digits; this build",
        "/pre_tokenizer/pretokenizers/0 ~ pattern ~ {\"String\":\" \"} ~ pretokenizers[0].pattern: is no Regex",
        "/pre_tokenizer/pretokenizers/0/pattern ~ Regex ~ \"\\\\s+\" ~ the split expression \\s+ is unknown; this build knows only Llama 3's: (?i:'s",
        "/pre_tokenizer/pretokenizers/0 ~ behavior ~ \"Removed\" ~ behavior: found Removed; this build knows only Isolated",
        "/pre_tokenizer/pretokenizers/0 ~ invert ~ true ~ invert is true; this build knows only false",
        "/pre_tokenizer/pretokenizers/1 ~ type ~ \"Digits\" ~ pretokenizers[1]: found Digits; this build",
        "/pre_tokenizer/pretokenizers/1 ~ add_prefix_space ~ true ~ add_prefix_space is true; this build knows only false",
        "/pre_tokenizer/pretokenizers/1 ~ use_regex ~ null ~ use_regex is true; this build knows only false",
        "/pre_tokenizer/pretokenizers/1 ~ use_regex ~ 1 ~ use_regex: found 1, expected true or false",
        "/pre_tokenizer/pretokenizers/1 ~ more ~ 1 ~ pretokenizers[1].more: unknown key",
        " ~ decoder ~ null ~ decoder: found null; this build knows only ByteLevel",
        " ~ decoder ~ {\"type\":\"Metaspace\"} ~ decoder: found Metaspace; this build knows only ByteLevel",
        " ~ post_processor ~ {\"type\":\"BertProcessing\"} ~ post_processor: found BertProcessing; this build knows ByteLevel",
        "/post_processor ~ single ~ [] ~ post_processor.single: the sequence A is missing",
        "/post_processor ~ single ~ [{\"Sequence\":{\"id\":\"B\"}}] ~ single[0]: a template for one text names the sequence A once",
        "/post_processor ~ single ~ [{\"Other\":{}}] ~ single[0].Other: unknown key",
        "/post_processor ~ single ~ 3 ~ post_processor.single: found 3, expected an array",
        "/post_processor ~ special_tokens ~ {} ~ '<|begin_of_text|>' is not among special_tokens",
        "/post_processor/special_tokens/<|begin_of_text|> ~ ids ~ [264] ~ post_processor: id 264 is outside the vocabulary of 264 tokens",
        "/post_processor/special_tokens/<|begin_of_text|> ~ ids ~ [\"x\"] ~ ids[0]: found \"x\", expected an id",
        " ~ model ~ null ~ model: found null, expected an object",
        "/model ~ type ~ \"Unigram\" ~ model.type: found Unigram; this build knows only BPE",
        "/model ~ dropout ~ 0.1 ~ model.dropout: found 0.1; this build knows only null",
        "/model ~ unk_token ~ \"<unk>\" ~ model.unk_token: found \"<unk>\"; this build knows only null",
        "/model ~ end_of_word_suffix ~ \"</w>\" ~ model.end_of_word_suffix: found \"</w>\"; this build",
        "/model ~ byte_fallback ~ true ~ model.byte_fallback: byte_fallback is true; this build knows only false",
        "/model ~ colour ~ 1 ~ model.colour: unknown key",
        "/model ~ vocab ~ [] ~ model.vocab: found [, expected an object",
        "/model/vocab ~ abcd ~ \"x\" ~ model.vocab: 'abcd' has the id x, expected an integer",
        "/model/vocab ~ abcd ~ 1.5 ~ model.vocab: 'abcd' has the id 1.5, expected an integer",
        "/model/vocab ~ abcd ~ -1 ~ model.vocab: 'abcd' has the id -1, but there are 265 tokens in all",
        "/model/vocab ~ abcd ~ 265 ~ model.vocab: 'abcd' has the id 265, but there are 265 tokens in all",
        "/model/vocab ~ abcd ~ 256 ~ model.vocab: 'ab' and 'abcd' have the same id 256",
        "/model/vocab ~ abcd ~ 3000000000 ~ 'abcd' has the id 3000000000, expected an integer",
        "/model/vocab ~ abcd ~ 260 ~ added_tokens: '<|begin_of_text|>' has the id 260, which model.vocab gives to 'abcd'",
        "/model/vocab ~ <|eot_id|> ~ 264 ~ added_tokens: '<|eot_id|>' has the id 263, but the id 264 in model.vocab",
        "/model ~ merges ~ {} ~ model.merges: found {, expected an array",
        "/model ~ merges ~ [1] ~ model.merges[0]: found 1, expected \"a b\" or [\"a\", \"b\"]",
        "/model ~ merges ~ [\"a b\",\"ab\"] ~ model.merges[1]: found \"ab\", expected \"a b\"",
        "/model ~ merges ~ [\"a b c\"] ~ model.merges[0]: found \"a b c\", expected \"a b\"",
        "/model ~ merges ~ [[\"a\"]] ~ model.merges[0]: expected two strings",
        "/model ~ merges ~ [[\"a\",\"b\",\"c\"]] ~ model.merges[0]: expected two strings",
        "/model ~ merges ~ [[\"a\",1]] ~ model.merges[0]: expected two strings",
        "/model ~ merges ~ [\"a b\",\"xyz a\"] ~ model.merges[1]: 'xyz' is not in model.vocab",
        "/model ~ merges ~ [[\"a\",\"日\"]] ~ model.merges[0]: '日' is not in model.vocab",
        "/model ~ merges ~ [[\"a\",\"\"]] ~ model.merges[0]: '' is not in model.vocab",
        "/model ~ merges ~ [\"a c\"] ~ model.merges[0]: 'a' and 'c' merge into 'ac', which is not in model.vocab",
        "/model ~ merges ~ [\"a b\",\"a b\"] ~ model.merges[1]: 'a' and 'b' are listed a second time",
        "/added_tokens/0 ~ single_word ~ true ~ added_tokens[0].single_word: single_word is true; this build",
        "/added_tokens/0 ~ lstrip ~ true ~ lstrip is true; this build knows only false",
        "/added_tokens/0 ~ rstrip ~ true ~ rstrip is true; this build knows only false",
        "/added_tokens/1 ~ content ~ \"\" ~ added_tokens[1].content: is empty",
        "/added_tokens/1 ~ id ~ -2 ~ added_tokens[1].id: found -2, expected an integer of at least 0",
        "/added_tokens/1 ~ id ~ \"x\" ~ added_tokens[1].id: found \"x\", expected an integer",
        "/added_tokens/1 ~ id ~ 260 ~ added_tokens: '<|start_header_id|>' or its id 260 occurs twice",
        "/added_tokens/1 ~ content ~ \"<|eot_id|>\" ~ added_tokens: '<|eot_id|>' or its id 263 occurs twice",
        "/added_tokens/3 ~ id ~ 264 ~ added_tokens: '<|eot_id|>' has the id 264, but there are 264 tokens in all",
        "/added_tokens/3 ~ id ~ 3 ~ added_tokens: '<|eot_id|>' has the id 3, which model.vocab gives to",
      })
  void refusesByName(String parent, String key, String value, String message) throws IOException {
    assertRefused(TinyFile.with(parent == null ? "" : parent, key, value), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"model", "pre_tokenizer", "decoder"})
  void refusesAFileWithoutItsParts(String key) throws IOException {
    ObjectNode json = TinyFile.json();
    json.remove(key);
    assertRefused(json, "'" + key + "' is missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vocab", "merges"})
  void refusesAModelWithoutItsParts(String key) throws IOException {
    ObjectNode json = TinyFile.json();
    ((ObjectNode) json.get("model")).remove(key);
    assertRefused(json, "model: '" + key + "' is missing");
  }

  /// JSON leaves open which of two equal keys counts, so neither does.
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "\"version\":\"1.0\" ~ \"version\":\"1.0\" ~ : 'version' is listed twice",
        "\"type\":\"BPE\" ~ \"type\":\"BPE\" ~ : model: 'type' is listed twice",
        "\"pair\":[] ~ \"pair\":[] ~ Duplicate property \"pair\"",
        "\"ab\":256 ~ \"ab\":256 ~ : model.vocab: 'ab' and 'ab' have the same id 256",
        "\"ab\":256 ~ \"ab\":264 ~ : model.vocab: 'ab' is listed twice, with the ids 256 and 264",
        "\"ab\":256 ~ \"日\":264,\"日\":265 ~ : model.vocab: '日' is listed twice",
      })
  void refusesWhatIsListedTwice(String one, String more, String message) throws IOException {
    String whole = Json.write(TinyFile.json());
    assertThat(whole).contains(one);
    assertTextRefused(whole.replace(one, one + "," + more), message);
  }

  @Test
  void refusesAVocabularyWithAHole() throws IOException {
    ObjectNode json = TinyFile.json();
    ((ObjectNode) json.at("/model/vocab")).remove("bc");
    ArrayNode added = (ArrayNode) json.get("added_tokens");
    added.addObject().put("id", 264).put("content", "<x>");
    added.addObject().put("id", 258).put("content", "Ġa");
    assertRefused(json, "no token has the id 259, but ids go up to 264");
  }

  /// The miniature's vocabulary holds words only.
  @Test
  void aVocabularyMayLackBytesUntilATextHasOne() throws IOException {
    ObjectNode json = TinyFile.json();
    ObjectNode vocab = (ObjectNode) json.at("/model/vocab");
    vocab.remove("Ġ");
    vocab.put("xyz", 32);
    ((ArrayNode) json.at("/model/merges")).removeAll();
    Tokenizer tokenizer = Tokenizer.load(TinyFile.write(folder, json));
    assertThat(tokenizer.encode("ab a", EncodeOptions.PLAIN))
        .containsExactly(TinyFile.AB, TinyFile.BLANK_A);
    assertThatThrownBy(() -> tokenizer.encode("ab "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the vocabulary has no entry 'Ġ' for the byte 0x20 of this text");
  }

  @Test
  void refusesASecondTemplate() throws IOException {
    ObjectNode json = TinyFile.json();
    ObjectNode sequence = Json.mapper().createObjectNode().put("type", "Sequence");
    sequence.putArray("processors").add(json.get("post_processor")).add(json.get("post_processor"));
    json.set("post_processor", sequence);
    assertRefused(json, "post_processor.processors[1]: a second template; this build knows one");
  }

  @Test
  void theOrderOfKeysDoesNotMatter() throws IOException {
    ObjectNode json = TinyFile.json();
    ObjectNode model = (ObjectNode) json.remove("model");
    model.set("vocab", model.remove("vocab"));
    ObjectNode turned = Json.mapper().createObjectNode();
    turned.set("model", model);
    turned.setAll(json);
    Tokenizer tokenizer = Tokenizer.load(TinyFile.write(folder, turned));
    assertThat(tokenizer.encode("abc")).containsExactly(TinyFile.BOS, TinyFile.ABC);
  }

  @Test
  void withoutAPostProcessorNothingIsAdded() throws IOException {
    for (String post : new String[] {"null", "{\"type\":\"ByteLevel\"}"}) {
      TinyFile.write(folder, TinyFile.with("", "post_processor", post));
      assertThat(Tokenizer.load(folder).encode("ab")).containsExactly(TinyFile.AB);
    }
  }

  @Test
  void aTemplateMayAddBehindTheText() throws IOException {
    ObjectNode json = TinyFile.json();
    ArrayNode single = (ArrayNode) json.at("/post_processor/single");
    single.add(single.get(0));
    Tokenizer tokenizer = Tokenizer.load(TinyFile.write(folder, json));
    assertThat(tokenizer.encode("ab")).containsExactly(TinyFile.BOS, TinyFile.AB, TinyFile.BOS);
    assertThat(tokenizer.encode("ab", EncodeOptions.AS_WRITTEN)).containsExactly(TinyFile.AB);
  }

  @Test
  void ignoreMergesMakesAnEntryAPiece() throws IOException {
    assertThat(TinyFile.load(folder).encode("bc", EncodeOptions.PLAIN))
        .containsExactly(TinyFile.BC);
    TinyFile.write(folder, TinyFile.with("/model", "ignore_merges", "false"));
    Tokenizer merging = Tokenizer.load(folder);
    assertThat(merging.encode("bc", EncodeOptions.PLAIN)).containsExactly('b', 'c');
    assertThat(merging.encode("abc", EncodeOptions.PLAIN)).containsExactly(TinyFile.ABC);
  }
}
