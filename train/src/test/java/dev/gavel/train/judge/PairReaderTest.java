package dev.gavel.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.PairFormat;
import dev.gavel.train.data.Place;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class PairReaderTest {
  private static final String CHAT = "[{'role':'user','content':'q'}";
  private static final String ENDS = CHAT + ",{'role':'assistant','content':'%s'}]";

  private static Row row(String json) {
    try {
      ObjectNode node = (ObjectNode) Json.parse(json, "row");
      return new Row(3, new Place("f.jsonl", 4, false), node.get("id"), node);
    } catch (FormatException e) {
      throw new AssertionError(e);
    }
  }

  private static PairRow read(@Nullable PairFormat format, String json) throws RowException {
    return new PairReader(format).read(row(json.replace('\'', '"')));
  }

  @Test
  void preferencesAreReadAsTextAndAsMessages() throws RowException {
    PairRow text = read(null, "{'prompt':'q','chosen':'a','rejected':'b','subset':'s','id':'x'}");
    assertThat(text.prompt()).containsExactly(Message.user("q"));
    assertThat(text.first()).isEqualTo("a");
    assertThat(text.second()).isEqualTo("b");
    assertThat(text.label()).isEqualTo(Label.FIRST);
    assertThat(text.subset()).isEqualTo("s");
    assertThat(text.id().stringValue()).isEqualTo("x");
    String a = ENDS.formatted("a");
    String b = ENDS.formatted("b");
    String implicit = "{'id':'x','subset':'s','chosen':" + a + ",'rejected':" + b + "}";
    assertThat(read(null, implicit)).isEqualTo(text);
    assertThat(read(null, implicit.replace("'id'", "'prompt':" + CHAT + "],'id'"))).isEqualTo(text);
    assertThat(read(null, implicit.replace("'id'", "'prompt':'q','id'"))).isEqualTo(text);
    String answers = "{'id':'x','subset':'s','prompt':'q',";
    String only = "[{'role':'assistant','content':'%s'}]";
    assertThat(
            read(
                PairFormat.REWARDBENCH,
                answers + "'chosen':" + only.formatted("a") + ",'rejected':'b'}"))
        .isEqualTo(text);
  }

  @Test
  void responsesMayHaveALabel() throws RowException {
    String row = "{'prompt':'q','response_a':'a','response_b':'b'%s}";
    assertThat(read(null, row.formatted("")).label()).isNull();
    assertThat(read(null, row.formatted(",'label':null")).label()).isNull();
    assertThat(read(null, row.formatted(",'label':'A'")).label()).isEqualTo(Label.FIRST);
    assertThat(read(null, row.formatted(",'label':'B'")).label()).isEqualTo(Label.SECOND);
    assertThat(read(null, row.formatted(",'label':'tie'")).label()).isEqualTo(Label.TIE);
    refused(row.formatted(",'label':'C'"), "'label' is \"C\", expected \"A\", \"B\"");
  }

  @Test
  void llmbarIsRecognised() throws RowException {
    PairRow row = read(null, "{'input':'q','output_1':'a','output_2':'b','label':2}");
    assertThat(row.label()).isEqualTo(Label.SECOND);
    assertThat(row.first()).isEqualTo("a");
    assertThat(row.prompt()).containsExactly(Message.user("q"));
    refused(
        "{'input':'q','output_1':'a','output_2':'b','label':3}", "'label' is 3, expected 1 or 2");
    refused("{'input':'q','output_1':'a','output_2':'b'}", "'label' is missing (keys: input,");
  }

  @Test
  void aMissingKeyIsNamedWithTheKeysThere() {
    refused(
        "{'prompt':'q','chosen':'a','reject':'b'}",
        "'rejected' is missing (keys: prompt, chosen, reject)");
    refused("{'chosen':'a','rejected':'b'}", "'prompt' is missing (keys: chosen, rejected)");
    refused(
        "{'question':'q','answer':'a'}",
        "no pair of responses (keys: question, answer); expected prompt, chosen,");
    refused(
        "{'prompt':'q','chosen':1,'rejected':'b'}", "'chosen' is the number 1, expected a text");
    assertThatThrownBy(
            () -> read(PairFormat.REWARDBENCH, "{'prompt':'q','chosen':'a','rejected':'b'}"))
        .hasMessageContaining("'subset' is missing");
  }

  @Test
  void conversationsMustAgree() {
    String other = "[{'role':'user','content':'p'},{'role':'assistant','content':'b'}]";
    String a = ENDS.formatted("a");
    refused("{'chosen':" + a + ",'rejected':" + other + "}", "with the same first turns");
    refused(
        "{'prompt':'q','chosen':" + a + ",'rejected':" + other + "}",
        "'rejected' begins with another conversation than the prompt");
    refused(
        "{'prompt':[],'chosen':'a','rejected':'b'}",
        "'prompt' is an empty array, expected a list of messages");
    refused(
        "{'prompt':[{'role':'user'}],'chosen':'a','rejected':'b'}",
        "expected an object with the texts 'role' and 'content'");
    refused(
        "{'prompt':'q','chosen':" + CHAT + "],'rejected':'b'}",
        "has role 'user', expected assistant");
  }

  private static void refused(String json, String message) {
    assertThatThrownBy(() -> read(null, json))
        .isInstanceOf(RowException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aRowWithoutIdHasItsNumber() throws RowException {
    PairRow pair = read(null, "{'prompt':'q','chosen':'a','rejected':'b'}");
    assertThat(pair.id().intValue()).isEqualTo(3);
  }
}
