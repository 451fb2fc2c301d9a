package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every form of a row, and every reason to refuse one.
class SftRowsTest {
  private static final Tokenizer TOKENIZER = tokenizer();
  private static final int EOT = TOKENIZER.eos().orElseThrow();
  private static final int BOS = TOKENIZER.bos().orElseThrow();

  @TempDir Path dir;

  private static Tokenizer tokenizer() {
    try {
      return Tokenizer.load(Golden.find("tokenizer_tiny/tokenizer.json").getFirst());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static SftRows.Options options() {
    return new SftRows.Options("prompt", "completion", Optional.empty(), false, Optional.empty());
  }

  private static SftRows rows(SftRows.Options options) {
    return new SftRows(
        options,
        Optional.of(TOKENIZER),
        TOKENIZER.vocabularySize(),
        () -> TOKENIZER.chat(ChatTemplate.LLAMA3),
        ChatOptions.DEFAULT_DATE);
  }

  private SftDataset read(SftRows.Options options, int maxLength, String... lines)
      throws IOException {
    Path file = dir.resolve("rows.jsonl");
    Files.writeString(file, String.join("\n", lines) + "\n");
    return SftDataset.read(List.of(file), rows(options), maxLength, Truncation.KEEP_START);
  }

  private Tokenized one(SftRows.Options options, String line) throws IOException {
    return read(options, 0, line).rows().getFirst();
  }

  private static int[] ids(String text) {
    return TOKENIZER.encode(text, EncodeOptions.AS_WRITTEN);
  }

  private static int[] joined(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
  }

  private static int[] ignored(int n) {
    int[] labels = new int[n];
    Arrays.fill(labels, Tokenized.IGNORED);
    return labels;
  }

  @Test
  void aTextIsLearnedWholeAndGetsBothEnds() throws IOException {
    Tokenized row = one(options(), "{\"text\":\"a b\"}");
    assertThat(row.ids()).isEqualTo(joined(new int[] {BOS}, ids("a b"), new int[] {EOT}));
    assertThat(row.labels()).isEqualTo(row.ids());
    assertThat(row.scored()).isEqualTo(row.length() - 1);
  }

  @Test
  void aTextThatEndsIsNotEndedAgain() throws IOException {
    String end = TOKENIZER.decode(new int[] {EOT}, false);
    Tokenized row = one(options(), "{\"text\":\"a b" + end + "\"}");
    assertThat(row.ids()).isEqualTo(joined(new int[] {BOS}, ids("a b"), new int[] {EOT}));
  }

  @Test
  void ofPromptAndCompletionTheCompletionIsLearned() throws IOException {
    Tokenized row = one(options(), "{\"prompt\":\"x y:\",\"completion\":\"\\nq\"}");
    int[] prompt = joined(new int[] {BOS}, ids("x y:"));
    int[] completion = joined(ids("\nq"), new int[] {EOT});
    assertThat(row.ids()).isEqualTo(joined(prompt, completion));
    assertThat(row.labels()).isEqualTo(joined(ignored(prompt.length), completion));
  }

  @Test
  void allOfItIsLearnedOnRequest() throws IOException {
    SftRows.Options whole =
        new SftRows.Options("prompt", "completion", Optional.of(false), false, Optional.empty());
    Tokenized row = one(whole, "{\"prompt\":\"x y:\",\"completion\":\"\\nq\"}");
    assertThat(row.labels()).isEqualTo(row.ids());
  }

  @Test
  void columnsCanHaveOtherNames() throws IOException {
    SftRows.Options renamed =
        new SftRows.Options("question", "answer", Optional.empty(), false, Optional.empty());
    Tokenized other = one(renamed, "{\"question\":\"x y:\",\"answer\":\"\\nq\"}");
    Tokenized usual = one(options(), "{\"prompt\":\"x y:\",\"completion\":\"\\nq\"}");
    assertThat(other.ids()).isEqualTo(usual.ids());
    assertThat(other.labels()).isEqualTo(usual.labels());
  }

  @Test
  void anotherEndTokenCanBeNamed() throws IOException {
    String bos = TOKENIZER.decode(new int[] {BOS}, false);
    SftRows.Options named =
        new SftRows.Options("prompt", "completion", Optional.empty(), false, Optional.of(bos));
    assertThat(one(named, "{\"text\":\"a\"}").ids())
        .isEqualTo(joined(new int[] {BOS}, ids("a"), new int[] {BOS}));
  }

  private static final String TALK =
      "[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"yes\"}]";

  @Test
  void aConversationIsLearnedWhole() throws IOException {
    Tokenized row = one(options(), "{\"messages\":" + TALK + "}");
    List<Message> talk = List.of(Message.user("hi"), Message.assistant("yes"));
    assertThat(row.ids())
        .isEqualTo(TOKENIZER.chat(ChatTemplate.LLAMA3).encode(talk, ChatOptions.WHOLE).ids());
    assertThat(row.labels()).isEqualTo(row.ids());
  }

  @Test
  void ofAConversationOnlyTheAssistantIsLearnedOnRequest() throws IOException {
    SftRows.Options only =
        new SftRows.Options("prompt", "completion", Optional.empty(), true, Optional.empty());
    Tokenized row = one(only, "{\"messages\":" + TALK + "}");
    int[] learned = joined(ids("yes"), new int[] {EOT});
    assertThat(row.labels()).isEqualTo(joined(ignored(row.length() - learned.length), learned));
  }

  @Test
  void aConversationInTwoPartsBeginsTheAnswerAfterItsHeader() throws IOException {
    Tokenized row =
        one(
            options(),
            "{\"prompt\":[{\"role\":\"user\",\"content\":\"hi\"}],"
                + "\"completion\":[{\"role\":\"assistant\",\"content\":\"yes\"}]}");
    int[] learned = joined(ids("yes"), new int[] {EOT});
    assertThat(row.ids()).isEqualTo(one(options(), "{\"messages\":" + TALK + "}").ids());
    assertThat(row.labels()).isEqualTo(joined(ignored(row.length() - learned.length), learned));
  }

  @Test
  void idsAreTakenAsTheyAre() throws IOException {
    Tokenized row = one(options(), "{\"input_ids\":[5,6,7],\"labels\":[5,-100,9]}");
    assertThat(row.ids()).containsExactly(5, 6, 7);
    assertThat(row.labels()).containsExactly(5, -100, 9);
    assertThat(row.scored()).isEqualTo(1);
  }

  @Test
  void theFirstRowSaysWhetherTextsAreEnded() throws IOException {
    String[] lines = {"{\"messages\":" + TALK + "}", "{\"text\":\"a\"}"};
    SftRows rows = rows(options());
    Path file = dir.resolve("mixed.jsonl");
    Files.writeString(file, String.join("\n", lines));
    SftDataset set = SftDataset.read(List.of(file), rows, 0, Truncation.KEEP_START);
    assertThat(set.rows().get(1).ids()).isEqualTo(joined(new int[] {BOS}, ids("a")));
    assertThat(rows.mixed()).isTrue();
  }

  @Test
  void whatIsCutAndDroppedIsCounted() throws IOException {
    SftDataset set =
        read(
            options(),
            3,
            "{\"input_ids\":[1,2,3,4,5],\"labels\":[-100,2,3,4,5]}",
            "{\"input_ids\":[1,2,3,4],\"labels\":[-100,-100,-100,4]}",
            "{\"input_ids\":[1,2],\"labels\":[1,-100]}",
            "{\"input_ids\":[1,2],\"labels\":[1,2]}");
    assertThat(set.rows()).hasSize(2);
    assertThat(set.rows().getFirst().ids()).containsExactly(1, 2, 3);
    assertThat(set.cut()).isEqualTo(2);
    assertThat(set.cutTokens()).isEqualTo(3);
    assertThat(set.dropped()).isEqualTo(2);
    assertThat(set.describe(3))
        .endsWith(
            "rows.jsonl: 2 of 4 rows, 5 tokens, 3 of them learned; 2 cut to max_length 3 (3 tokens"
                + " lost); 2 dropped without a label");
  }

  @Test
  void theEndCanStayInstead() {
    Tokenized row = new Tokenized(new int[] {1, 2, 3}, new int[] {-100, 2, 3});
    assertThat(row.cut(2, Truncation.KEEP_END).ids()).containsExactly(2, 3);
    assertThat(row.cut(2, Truncation.KEEP_END).labels()).containsExactly(2, 3);
  }

  @Test
  void errorsNamePlaceAndKeys() {
    refused(
        options(),
        "{\"promt\":\"a\",\"completion\":\"b\"}",
        "rows.jsonl:1: 'prompt' is missing (keys: promt, completion)");
    refused(options(), "{\"prompt\":\"a\"}", "'completion' is missing (keys: prompt)");
    refused(
        options(),
        "{\"question\":\"a\",\"answer\":\"b\"}",
        "rows.jsonl:1: expected 'prompt' and 'completion', or 'messages', or 'text', or 'input_ids' and 'labels'"
            + " (keys: question, answer); --prompt_column and --completion_column name others");
    refused(options(), "{\"text\":7}", "'text' is the number 7, expected a text");
    refused(
        options(),
        "{\"prompt\":\"a\",\"completion\":" + TALK + "}",
        "must both be texts or both be lists of messages");
    refused(
        options(),
        "{\"messages\":[]}",
        "'messages' is an empty array, expected a list of messages");
    refused(options(), "{\"messages\":[{\"role\":\"user\"}]}", "messages[0]");
    refused(
        options(),
        "{\"input_ids\":[1,2],\"labels\":[1]}",
        "'labels' has 1 elements, 'input_ids' 2; expected as many");
    refused(
        options(),
        "{\"input_ids\":[1,99999]}",
        "'input_ids': element 1 is 99999, outside the model's vocabulary of");
    refused(options(), "{\"input_ids\":[-1]}", "'input_ids': element 0 is -1, outside");
    refused(
        options(), "{\"input_ids\":[1,2],\"labels\":[1,-1]}", "'labels': element 1 is -1, outside");
    refused(options(), "not json", "rows.jsonl:1: not valid JSON");
  }

  @Test
  void askingForWhatARowCannotGiveIsAnError() {
    SftRows.Options assistant =
        new SftRows.Options("prompt", "completion", Optional.empty(), true, Optional.empty());
    refused(assistant, "{\"text\":\"a\"}", "--assistant_only_loss true needs conversations");
    SftRows.Options completion =
        new SftRows.Options("prompt", "completion", Optional.of(true), false, Optional.empty());
    refused(
        completion,
        "{\"text\":\"a\"}",
        "--completion_only_loss true needs 'prompt' and 'completion'");
    SftRows.Options end =
        new SftRows.Options("prompt", "completion", Optional.empty(), false, Optional.of("<none>"));
    refused(end, "{\"text\":\"a\"}", "--eos_token <none>: no token of");
  }

  private void refused(SftRows.Options options, String line, String message) {
    assertThatThrownBy(() -> read(options, 0, line))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(message);
  }

  @Test
  void noRowsAtAllIsAnError() {
    assertThatThrownBy(() -> read(options(), 0, ""))
        .isInstanceOf(FormatException.class)
        .hasMessageEndingWith("rows.jsonl: holds no rows");
    assertThatThrownBy(() -> read(options(), 0, "{\"input_ids\":[1,2],\"labels\":[-100,-100]}"))
        .isInstanceOf(FormatException.class)
        .hasMessageEndingWith("rows.jsonl: none of the 1 rows has a token to learn");
  }

  @Test
  void withoutATokenizerOnlyIdsCanBeLearned() throws IOException {
    SftRows rows =
        new SftRows(
            options(),
            Optional.empty(),
            10,
            () -> {
              throw new FormatException("no template");
            },
            "");
    Path file = dir.resolve("rows.jsonl");
    Files.writeString(file, "{\"input_ids\":[1,2]}\n{\"text\":\"a\"}\n");
    assertThatThrownBy(() -> SftDataset.read(List.of(file), rows, 0, Truncation.KEEP_START))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("no tokenizer; give --tokenizer DIR");
  }

  @Test
  void aBatchLaysRowsEndToEndAndReadsBeforeEachLabel() {
    TokenBatch batch =
        TokenBatch.of(
            List.of(
                new Tokenized(new int[] {1, 2, 3}, new int[] {1, -100, 3}),
                new Tokenized(new int[] {4, 5}, new int[] {-100, 9})));
    assertThat(batch.ids()).containsExactly(1, 2, 3, 4, 5);
    assertThat(batch.rows()).containsExactly(1, 3);
    assertThat(batch.targets()).containsExactly(3, 9);
    assertThat(batch.sequences().offset(1)).isEqualTo(3);
  }
}
