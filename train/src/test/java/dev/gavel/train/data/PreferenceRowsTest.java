package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Forms of preferences, which tokens count, and every reason to refuse a row.
class PreferenceRowsTest {
  static final PreferenceRows.Options OPTIONS = options(CompletionTokens.ALL);
  private static final Tokenizer TOKENIZER = tokenizer();
  private static final String TALK =
      "{'prompt':[{'role':'user','content':'q'}],'chosen':[{'role':'assistant','content':'a b'}],"
          + "'rejected':[{'role':'assistant','content':'c'}]}";

  @TempDir Path dir;

  private static Tokenizer tokenizer() {
    try {
      return Tokenizer.load(Golden.find("tokenizer_tiny/tokenizer.json").getFirst());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static PreferenceRows.Options options(CompletionTokens counted) {
    return new PreferenceRows.Options(
        "prompt", "chosen", "rejected", Optional.empty(), 42, Optional.empty(), counted);
  }

  static Row row(JsonNode json) {
    return new Row(3, new Place("f.jsonl", 4, false), json.get("id"), (ObjectNode) json);
  }

  static Row row(String json) throws FormatException {
    return row(Json.parse(json.replace('\'', '"'), "row"));
  }

  private static PreferenceRows rows(PreferenceRows.Use use, PreferenceRows.Options options) {
    return new PreferenceRows(
        use,
        options,
        Optional.of(TOKENIZER),
        TOKENIZER.vocabularySize(),
        () -> TOKENIZER.chat(ChatTemplate.LLAMA3),
        ChatOptions.DEFAULT_DATE);
  }

  private static TokenizedPair dpo(String json) throws FormatException, RowException {
    return rows(PreferenceRows.Use.DPO, OPTIONS).tokenize(row(json));
  }

  private static TokenizedPair reward(String json) throws FormatException, RowException {
    return rows(PreferenceRows.Use.REWARD, OPTIONS).tokenize(row(json));
  }

  private static void same(TokenizedPair found, TokenizedPair expected) {
    assertThat(found.chosen().ids()).isEqualTo(expected.chosen().ids());
    assertThat(found.rejected().ids()).isEqualTo(expected.rejected().ids());
    assertThat(found.chosen().labels()).isEqualTo(expected.chosen().labels());
    assertThat(found.rejected().labels()).isEqualTo(expected.rejected().labels());
  }

  @Test
  void aConversationIsReadTheSameHoweverItsPromptIsGiven() throws Exception {
    String turns = "[{'role':'user','content':'q'},{'role':'assistant','content':'%s'}]";
    String a = turns.formatted("a b");
    String c = turns.formatted("c");
    for (var use : PreferenceRows.Use.values()) {
      PreferenceRows rows = rows(use, OPTIONS);
      TokenizedPair expected = rows.tokenize(row(TALK));
      String answers = "'chosen':" + a + ",'rejected':" + c;
      same(rows.tokenize(row("{" + answers + "}")), expected);
      same(rows.tokenize(row("{'prompt':null," + answers + "}")), expected);
      same(rows.tokenize(row("{'prompt':'q'," + answers + "}")), expected);
      same(
          rows.tokenize(row("{'prompt':[{'role':'user','content':'q'}]," + answers + "}")),
          expected);
      same(
          rows.tokenize(
              row("{'prompt':[{'role':'user','content':'q'}],'chosen':'a b','rejected':'c'}")),
          expected);
    }
  }

  @Test
  void aSharedSystemTurnBelongsToThePrompt() throws Exception {
    String turns =
        "[{'role':'system','content':'s'},{'role':'user','content':'q'},"
            + "{'role':'assistant','content':'%s'}]";
    String answers = "'chosen':" + turns.formatted("a") + ",'rejected':" + turns.formatted("b");
    same(dpo("{'prompt':'q'," + answers + "}"), dpo("{" + answers + "}"));
  }

  @Test
  void aRewardModelSeesTheConversationWithoutAnotherHeader() throws Exception {
    TokenizedPair dpo = dpo(TALK);
    TokenizedPair reward = reward(TALK);
    assertThat(reward.chosen().ids()).isEqualTo(dpo.chosen().ids());
    assertThat(reward.chosen().labelled()).isZero();
    assertThat(TOKENIZER.decode(dpo.chosen().ids(), false)).endsWith("a b<|eot_id|>");
  }

  /// What `trl.extract_prompt` (TRL 1.16.0) makes of two texts. Where it reads past the start (the
  /// first characters differ) the prompt is empty here.
  @ParameterizedTest
  @CsvSource({
    "'the sky is blue','the sky is green',10",
    "'the sky isn','the sky is',9",
    "'abc','abc',2",
    "'abc','abcdef',2",
    "'x  a','x  b',2",
    "'a','b',0",
    "'','b',0",
    "'x😀','x😁',1",
    "'x😀','x😀y',1",
  })
  void theSharedStartIsThePrompt(String first, String second, int length) {
    assertThat(Pair.Texts.sharedStart(first, second)).isEqualTo(length);
  }

  @Test
  void textsMayShareTheirPrompt() throws Exception {
    same(
        dpo("{'chosen':'x y: a','rejected':'x y: b'}"),
        dpo("{'prompt':'x y:','chosen':' a','rejected':' b'}"));
  }

  /// TRL splits before it looks for the end token, for dpo only.
  @Test
  void ofTwoEqualTextsTheLastCharacterIsTheCompletion() throws Exception {
    String json = "{'chosen':'x<|eot_id|>','rejected':'x<|eot_id|>'}";
    assertThat(TOKENIZER.decode(dpo(json).chosen().ids(), false)).endsWith("x<|eot_id|><|eot_id|>");
    assertThat(TOKENIZER.decode(reward(json).chosen().ids(), false)).endsWith(">x<|eot_id|>");
  }

  @Test
  void valuesThatATableLeavesOutAreNotThere() throws Exception {
    String json = "{'prompt':'x:','chosen':'a','rejected':'b'%s}";
    same(
        dpo(json.formatted(",'margin':null,'chosen_ids':null,'rejected_ids':null")),
        dpo(json.formatted("")));
  }

  @Test
  void idsAreTakenAsTheyAre() throws Exception {
    TokenizedPair pair =
        dpo("{'prompt_ids':[],'chosen_ids':[1,2],'rejected_ids':[3],'margin':0.5}");
    assertThat(pair.chosen().labels()).containsExactly(1, 2);
    assertThat(pair.chosen().labelled()).isEqualTo(2); // IPO's count has a token that is not scored
    assertThat(pair.chosen().scored()).isEqualTo(1);
    assertThat(pair.margin()).isEqualTo(0.5);
    refused(
        PreferenceRows.Use.DPO, "{'chosen_ids':[1],'rejected_ids':[2]}", "'prompt_ids' is missing");
    refused(
        PreferenceRows.Use.REWARD,
        "{'prompt_ids':[],'chosen_ids':[1],'rejected_ids':[2]}",
        "is a row for dpo");
    refused(
        PreferenceRows.Use.REWARD,
        "{'chosen_ids':[1,384],'rejected_ids':[2]}",
        "'chosen_ids': element 1 is 384, outside the model's vocabulary of 336 tokens");
  }

  @Test
  void labelledResponsesAreOrderedByTheirLabel() throws Exception {
    String row = "{'prompt':'x:','response_a':'a','response_b':'b','label':'%s'}";
    same(dpo(row.formatted("B")), dpo("{'prompt':'x:','chosen':'b','rejected':'a'}"));
    refused(PreferenceRows.Use.DPO, row.formatted("tie"), "prefers neither answer");
    PreferenceRows rows = rows(PreferenceRows.Use.REWARD, OPTIONS);
    assertThat(rows.decided(row(row.formatted("tie")))).isFalse();
    assertThat(rows.decided(row(row.formatted("A")))).isTrue();
    same(rows.tokenizeAsNamed(row(row.formatted("tie"))), rows.tokenize(row(row.formatted("A"))));
  }

  @Test
  void columnsMayHaveOtherNames() throws Exception {
    PreferenceRows.Options options =
        new PreferenceRows.Options(
            "question",
            "good",
            "bad",
            Optional.empty(),
            42,
            Optional.empty(),
            CompletionTokens.ALL);
    same(
        rows(PreferenceRows.Use.DPO, options)
            .tokenize(row("{'question':'x:','good':'a','bad':'b'}")),
        dpo("{'prompt':'x:','chosen':'a','rejected':'b'}"));
  }

  @Test
  void aVerdictBeginsAtTheTokenThatHoldsItsMark() throws Exception {
    String json = "{'prompt':'x:','chosen':'so [[B]] or\\n\\n[[A]]','rejected':'no [[B]] now'}";
    TokenizedPair all = dpo(json);
    TokenizedPair verdict = counted(CompletionTokens.VERDICT, json);
    TokenizedPair rationale = counted(CompletionTokens.RATIONALE, json);
    assertThat(labelled(verdict.chosen())).endsWith("[[A]]<|eot_id|>").doesNotContain("B");
    assertThat(labelled(rationale.chosen())).startsWith("so [[B]] or").doesNotContain("A");
    assertThat(labelled(verdict.rejected())).endsWith("[[B]] now<|eot_id|>");
    for (int side = 0; side < 2; side++) {
      Tokenized whole = side == 0 ? all.chosen() : all.rejected();
      Tokenized one = side == 0 ? verdict.chosen() : verdict.rejected();
      Tokenized other = side == 0 ? rationale.chosen() : rationale.rejected();
      assertThat(one.ids()).isEqualTo(whole.ids());
      assertThat(one.labelled() + other.labelled()).isEqualTo(whole.labelled());
    }
    assertThatThrownBy(() -> counted(CompletionTokens.VERDICT, json.replace("[[B]] now", "B")))
        .isInstanceOf(RowException.class)
        .hasMessageContaining("the rejected completion has no mark [[A]] or [[B]]");
    assertThatThrownBy(() -> rows(PreferenceRows.Use.REWARD, options(CompletionTokens.VERDICT)))
        .hasMessageContaining("a reward model reads one value");
  }

  private static TokenizedPair counted(CompletionTokens counted, String json)
      throws FormatException, RowException {
    return rows(PreferenceRows.Use.DPO, options(counted)).tokenize(row(json));
  }

  private static String labelled(Tokenized row) {
    int[] ids = java.util.Arrays.stream(row.labels()).filter(l -> l != Tokenized.IGNORED).toArray();
    return TOKENIZER.decode(ids, false);
  }

  @Test
  void whatIsLostIsToldAndCounted() throws IOException {
    String judged = "{'prompt':'x:','chosen':'%s[[A]]','rejected':'no [[B]]'}";
    Path file = dir.resolve("pairs.jsonl");
    Files.writeString(
        file,
        String.join(
                "\n",
                judged.formatted(""),
                judged.formatted("and so on and so on and so on and so on "),
                "{'prompt':'x:','response_a':'a','response_b':'b','label':'tie'}")
            .replace('\'', '"'));
    PreferenceDataset found =
        PreferenceDataset.read(
            List.of(file),
            rows(PreferenceRows.Use.DPO, options(CompletionTokens.VERDICT)),
            18,
            Truncation.KEEP_START);
    assertThat(found.describe(18))
        .startsWith(file + ": 1 of 3 pairs, ")
        .contains("1 dropped, the tokens that count are beyond max_length 18")
        .endsWith("; 1 dropped, they prefer neither answer");
  }

  @Test
  void whatCannotBeReadIsRefusedWithItsPlace() throws IOException {
    Path file = dir.resolve("pairs.jsonl");
    Files.writeString(file, "{\"prompt\":\"x\",\"chosen\":\"a\",\"rejected\":1}\n");
    assertThatThrownBy(() ->
            PreferenceDataset.read(
                List.of(file), rows(PreferenceRows.Use.DPO, OPTIONS), 0, Truncation.KEEP_END))
        .isInstanceOf(FormatException.class)
        .hasMessage(file + ":1: 'rejected' is the number 1, expected a text");
    refused(PreferenceRows.Use.DPO, "{'prompt':'x','chosen':'a'}", "'rejected' is missing");
    refused(
        PreferenceRows.Use.DPO,
        "{'prompt':'x','chosen':'a','rejected':'b','margin':'much'}",
        "'margin' is the text 'much', expected a number");
    refused(PreferenceRows.Use.DPO, "{'text':'x'}", "no pair of responses (keys: text)");
    refused(
        PreferenceRows.Use.REWARD,
        TALK.replace("'assistant','content':'c'", "'user','content':'c'"),
        "the last message of 'rejected' has role 'user', expected assistant");
  }

  private static void refused(PreferenceRows.Use use, String json, String message) {
    assertThatThrownBy(() -> rows(use, OPTIONS).tokenize(row(json)))
        .isInstanceOf(RowException.class)
        .hasMessageContaining(message);
  }
}
