package dev.gavel.llama.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Every vector of the golden sets, for the tiny tokenizer and, where it is at hand, Llama 3's.
class GoldenTokenizerTest {
  /// The tokenizers: folders that hold one.
  static Stream<Path> folders() {
    return Stream.of("tokenizer_tiny/encode.jsonl", "llama3/encode.jsonl")
        .flatMap(f -> Golden.findIfPresent(f).stream())
        .map(GoldenTokenizerTest::folder);
  }

  private static Path folder(Path file) {
    return Objects.requireNonNull(file.getParent());
  }

  private static List<JsonNode> rows(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(Json.parse(line, file + ":" + (rows.size() + 1)));
    }
    return rows;
  }

  private static int[] ints(JsonNode array) {
    int[] ints = new int[array.size()];
    Arrays.setAll(ints, i -> array.get(i).intValue());
    return ints;
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("folders")
  void encodesEveryText(Path folder) throws IOException {
    assertEncodes(Tokenizer.load(folder), folder);
  }

  private static void assertEncodes(Tokenizer tokenizer, Path folder) throws IOException {
    int[] prefix = tokenizer.encode("");
    for (JsonNode row : rows(folder.resolve("encode.jsonl"))) {
      String text = row.get("text").stringValue();
      int[] ids = ints(row.get("ids"));
      assertThat(tokenizer.encode(text, EncodeOptions.AS_WRITTEN)).as(text).isEqualTo(ids);
      int[] framed = Arrays.copyOf(prefix, prefix.length + ids.length);
      System.arraycopy(ids, 0, framed, prefix.length, ids.length);
      assertThat(tokenizer.encode(text)).as(text).isEqualTo(framed);
      // The sets do not say how rows with lone surrogates read without special tokens.
      if (!row.get("kind").stringValue().equals("lone_surrogate")) {
        int[] plain = row.has("ids_plain") ? ints(row.get("ids_plain")) : ids;
        assertThat(tokenizer.encode(text, EncodeOptions.PLAIN)).as(text).isEqualTo(plain);
        assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
        assertThat(tokenizer.decode(plain, false)).isEqualTo(text);
      }
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("folders")
  void decodesEverySequence(Path folder) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(folder);
    for (JsonNode row : rows(folder.resolve("decode.jsonl"))) {
      int[] ids = ints(row.get("ids"));
      String text = row.get("text").stringValue();
      String skipped = row.path("text_skip_special").asString(text);
      assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
      assertThat(tokenizer.decode(ids, true)).isEqualTo(skipped);
      assertThat(stream(tokenizer, ids, false)).isEqualTo(text);
      assertThat(stream(tokenizer, ids, true)).isEqualTo(skipped);
    }
  }

  private static String stream(Tokenizer tokenizer, int[] ids, boolean skipSpecial) {
    StreamingDecoder decoder = tokenizer.streamingDecoder(skipSpecial);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.append(id));
    }
    return text.append(decoder.flush()).toString();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("folders")
  void rendersEveryConversation(Path folder) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(folder);
    Chat chat = tokenizer.chat();
    for (JsonNode row : rows(folder.resolve("chat.jsonl"))) {
      List<Message> messages = new ArrayList<>();
      for (JsonNode m : row.get("messages")) {
        messages.add(new Message(m.get("role").stringValue(), m.get("content").stringValue()));
      }
      ChatOptions options =
          new ChatOptions(
              row.get("add_generation_prompt").booleanValue(),
              row.path("date_string").asString(ChatOptions.DEFAULT_DATE));
      ChatEncoding encoding = chat.encode(messages, options);
      assertThat(encoding.text()).isEqualTo(row.get("text").stringValue());
      assertThat(chat.render(messages, options)).isEqualTo(encoding.text());
      assertThat(encoding.ids()).as(encoding.text()).isEqualTo(ints(row.get("ids")));
      int[] mask =
          row.has("assistant_mask")
              ? ints(row.get("assistant_mask"))
              : new int[encoding.ids().length];
      if (row.has("assistant_mask") || noAssistant(messages)) {
        assertThat(encoding.assistantMask()).as(encoding.text()).isEqualTo(mask);
      }
    }
  }

  private static boolean noAssistant(List<Message> messages) {
    return messages.stream().noneMatch(m -> m.role().equals("assistant"));
  }

  static Stream<Path> mergesAsStrings() {
    return Golden.findIfPresent("tokenizer_tiny/tokenizer_merges_as_strings.json").stream();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("mergesAsStrings")
  void readsMergesAsStrings(Path file) throws IOException {
    assertEncodes(Tokenizer.load(file), folder(file));
  }

  static Stream<Path> generationMarks() {
    return Golden.findIfPresent("tokenizer_tiny/chat_template_with_generation_marks.jinja")
        .stream();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("generationMarks")
  void knowsTheTemplateWithMarks(Path file) throws IOException {
    TokenizerConfig config = new TokenizerConfig(null, null, null, Files.readString(file), file);
    assertThat(ChatTemplates.recognise(config, file)).isEqualTo(ChatTemplate.LLAMA3);
  }

  static Stream<Path> longRuns() {
    return Golden.findIfPresent("llama3/long_runs.jsonl").stream();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("longRuns")
  void encodesLongRuns(Path file) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(folder(file));
    for (JsonNode row : rows(file)) {
      String text = row.get("unit").stringValue().repeat(row.get("repeat").intValue());
      IdList expected = new IdList(16);
      for (JsonNode run : row.get("ids_rle")) {
        for (int i = 0; i < run.get(1).intValue(); i++) {
          expected.add(run.get(0).intValue());
        }
      }
      assertThat(tokenizer.encode(text, EncodeOptions.AS_WRITTEN)).isEqualTo(expected.toArray());
    }
  }

  static Stream<Path> unreachable() {
    return Golden.findIfPresent("llama3/unreachable_by_merging.jsonl").stream();
  }

  /// With `ignore_merges` an entry that merging cannot build is one id when it is a piece; merging
  /// alone gives what the file lists.
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("unreachable")
  void mergesWhatItCannotReach(Path file) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(folder(file));
    BpeModel model = TokenizerFile.read(tokenizer.file()).model();
    BpeModel merging = new BpeModel(model.vocabulary(), model.merges(), false, model.byteIds());
    for (JsonNode row : rows(file)) {
      byte[] bytes = HexFormat.of().parseHex(row.get("bytes_hex").stringValue());
      int id = row.get("id").intValue();
      assertThat(tokenizer.bytes(id)).isEqualTo(bytes);
      assertThat(piece(model, bytes)).containsExactly(id);
      assertThat(piece(merging, bytes)).isEqualTo(ints(row.get("by_merging")));
    }
  }

  private static int[] piece(BpeModel model, byte[] bytes) {
    IdList ids = new IdList(8);
    new Bpe(model, ids).encode(bytes, bytes.length);
    return ids.toArray();
  }
}
