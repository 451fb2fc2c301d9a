package dev.gavel.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class VoteTest {
  private static PairRow row(@Nullable Label label) throws FormatException {
    JsonNode id = Json.parse("\"r\\u00e9 1\"", "id");
    return new PairRow(id, List.of(Message.user("q")), "a", "b", label, null);
  }

  private static Vote vote(@Nullable Label label, Order order, String text) throws FormatException {
    return Vote.of(
        row(label),
        order,
        5,
        VerdictRule.REWARDBENCH,
        new Evidence.Text(text, new int[] {4, 128009}, "stop", -1.25));
  }

  @Test
  void aLineHasTheKeysInTheirOrder() throws FormatException {
    assertThat(vote(Label.FIRST, Order.BA, "say \"it\"\n[[A]]").toLine())
        .isEqualTo(
            "{\"id\":\"ré 1\",\"order\":\"ba\",\"draw\":5,\"verdict\":\"A\",\"prefers\":\"rejected\","
                + "\"text\":\"say \\\"it\\\"\\n[[A]]\",\"ids\":[4,128009],\"finish_reason\":\"stop\","
                + "\"logprob\":-1.25}");
  }

  @Test
  void prefersFollowsLabelAndOrder() throws FormatException {
    assertThat(vote(Label.FIRST, Order.AB, "[[A]]").prefers()).isEqualTo(Outcome.CHOSEN);
    assertThat(vote(Label.FIRST, Order.AB, "[[B]]").prefers()).isEqualTo(Outcome.REJECTED);
    assertThat(vote(Label.SECOND, Order.AB, "[[B]]").prefers()).isEqualTo(Outcome.CHOSEN);
    assertThat(vote(Label.SECOND, Order.BA, "[[A]]").prefers()).isEqualTo(Outcome.CHOSEN);
    assertThat(vote(Label.TIE, Order.AB, "[[A]]").prefers()).isNull();
    assertThat(vote(null, Order.AB, "[[A]]").prefers()).isNull();
    assertThat(vote(Label.FIRST, Order.AB, "none").prefers()).isNull();
  }

  @Test
  void aLineReadsBack() throws FormatException {
    for (String text : List.of("[[B]]", "nothing", "[[A]] [[B]]")) {
      Vote vote = vote(Label.FIRST, Order.AB, text);
      assertThat(Vote.parse(vote.toLine(), "v:1").toLine()).isEqualTo(vote.toLine());
    }
    Vote infinite =
        Vote.of(
            row(null),
            Order.AB,
            0,
            VerdictRule.FIRST,
            new Evidence.Text("", new int[0], "length", Double.NEGATIVE_INFINITY));
    assertThat(infinite.toLine())
        .endsWith("\"ids\":[],\"finish_reason\":\"length\",\"logprob\":null}");
    assertThat(Vote.parse(infinite.toLine(), "v:1").toLine()).isEqualTo(infinite.toLine());
  }

  @Test
  void anotherRuleReadsTheSameDraw() throws FormatException {
    Vote both = vote(Label.FIRST, Order.AB, "[[B]] [[A]]");
    assertThat(both.verdict()).isEqualTo(Verdict.A);
    Vote first = both.reread(row(Label.FIRST), VerdictRule.FIRST);
    assertThat(first.verdict()).isEqualTo(Verdict.B);
    assertThat(first.prefers()).isEqualTo(Outcome.REJECTED);
  }

  @Test
  void aLineOfAnotherKindIsRefused() throws FormatException {
    String line = vote(Label.FIRST, Order.AB, "[[A]]").toLine();
    refused(line.replace("\"text\"", "\"txt\""), "v:9: keys");
    refused(line.replace("\"ab\"", "\"aa\""), "v:9: not a vote: ");
    refused("{", "v:9");
    assertThatThrownBy(() ->
            Vote.of(
                row(null),
                Order.AB,
                0,
                VerdictRule.FIRST,
                new Evidence.Text("", new int[0], "stop", Double.NaN)))
        .hasMessageContaining("row \"ré 1\", order ab, draw 0");
  }

  private static void refused(String line, String message) {
    assertThatThrownBy(() -> Vote.parse(line, "v:9"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(message);
  }
}
