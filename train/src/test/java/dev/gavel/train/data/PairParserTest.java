package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.Pair.Better;
import dev.gavel.train.data.Pair.Talks;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The forms of public data sets.
class PairParserTest {
  private static Pair parse(@Nullable PairFormat format, String json)
      throws FormatException, RowException {
    return new PairParser(format, PairParser.DEFAULT_SEED).parse(PreferenceRowsTest.row(json));
  }

  private static Pair recognised(PairFormat format, String json)
      throws FormatException, RowException {
    Row row = PreferenceRowsTest.row(json);
    assertThat(new PairParser(null, 0).format(row)).isEqualTo(format);
    assertThat(PairFormat.isPair(row)).isTrue();
    Pair pair = parse(null, json);
    assertThat(parse(format, json)).isEqualTo(pair);
    return pair;
  }

  private static Talks talk(String question, String first, String second) {
    return new Talks(
        List.of(Message.user(question)),
        List.of(Message.assistant(first)),
        List.of(Message.assistant(second)));
  }

  @Test
  void rewardBenchIsTurns() throws Exception {
    Pair pair =
        recognised(
            PairFormat.REWARDBENCH,
            "{'prompt':'q','chosen':'a','chosen_model':'m','rejected':'b','rejected_model':'n',"
                + "'subset':'s','id':7}");
    assertThat(pair).isEqualTo(new Pair(talk("q", "a", "b"), Better.FIRST));
  }

  @Test
  void llmbarNamesTheBetterOne() throws Exception {
    Pair pair =
        recognised(PairFormat.LLMBAR, "{'input':'q','output_1':'a','output_2':'b','label':2}");
    assertThat(pair).isEqualTo(new Pair(talk("q", "a", "b"), Better.SECOND));
    assertThat(pair.chosenFirst()).isEqualTo(talk("q", "b", "a"));
  }

  @Test
  void hhTranscriptsShareTheirFirstTurns() throws Exception {
    String start =
        "\\n\\nHuman: hi\\n\\nAssistant: Human: is no turn\\n\\nHuman: and?\\n\\nAssistant:";
    Pair pair =
        recognised(
            PairFormat.HH_RLHF,
            "{'chosen':'" + start + " two\\n\\nlines ','rejected':'" + start + "'}");
    assertThat(pair.better()).isEqualTo(Better.FIRST);
    Talks talks = (Talks) pair.answers();
    assertThat(talks.prompt())
        .containsExactly(
            Message.user("hi"), Message.assistant("Human: is no turn"), Message.user("and?"));
    assertThat(talks.first()).containsExactly(Message.assistant("two\n\nlines"));
    assertThat(talks.second()).containsExactly(Message.assistant(""));
    assertThatThrownBy(() -> parse(PairFormat.HH_RLHF, "{'chosen':'hi','rejected':'ho'}"))
        .hasMessageContaining("'chosen' is the text 'hi', expected a transcript");
  }

  @Test
  void hhAnswersMayBeSeveralTurns() throws Exception {
    Talks talks =
        (Talks)
            parse(
                    null,
                    "{'chosen':'\\n\\nHuman: q\\n\\nAssistant: a','rejected':"
                        + "'\\n\\nHuman: q\\n\\nAssistant: b\\n\\nHuman: c\\n\\nAssistant: d'}")
                .answers();
    assertThat(talks.first()).hasSize(1);
    assertThat(talks.second()).hasSize(3);
  }

  @Test
  void ultraInteractGoesOnWhereTheTrajectoryEnds() throws Exception {
    String json =
        "{'task':'Coding','trajectory':[{'from':'user','value':'q'},{'from':'assistant','value':'x'},"
            + "{'from':'user','value':'wrong'}],'chosen':'a','rejected':'b','id':'ab12_1_0',"
            + "'parent_id':'ab12'}";
    Talks talks = (Talks) recognised(PairFormat.ULTRAINTERACT, json).answers();
    assertThat(talks.prompt())
        .containsExactly(Message.user("q"), Message.assistant("x"), Message.user("wrong"));
    assertThat(talks.second()).containsExactly(Message.assistant("b"));
    assertThat(PairParser.root(PreferenceRowsTest.row(json))).hasValue("ab12");
    assertThat(PairParser.root(PreferenceRowsTest.row(json.replace("parent_id", "parent"))))
        .hasValue("ab12");
    assertThat(PairParser.root(PreferenceRowsTest.row("{'id':'ab_1'}")))
        .isEqualTo(Optional.empty());
    assertThatThrownBy(() -> parse(null, json.replace("'from':'assistant',", "")))
        .hasMessage("'trajectory' holds an object, expected turns {\"from\", \"value\"}");
  }

  private static final String RATED =
      "{'instruction':'q%d','completions':[{'response':'a','overall_score':%s},"
          + "{'response':'b','overall_score':7.5},{'response':'c','overall_score':3},"
          + "{'response':'d','overall_score':1}]}";

  @Test
  void ofUltraFeedbackTheBestStandsAgainstARandomOther() throws Exception {
    Map<String, Integer> others = new TreeMap<>();
    for (int i = 0; i < 300; i++) {
      String json = RATED.formatted(i, "6");
      Pair pair = recognised(PairFormat.ULTRAFEEDBACK, json);
      Talks talks = (Talks) pair.answers();
      assertThat(pair.better()).isEqualTo(Better.FIRST);
      assertThat(talks.first()).containsExactly(Message.assistant("b"));
      others.merge(talks.second().getFirst().content(), 1, Integer::sum);
    }
    assertThat(others.keySet()).containsExactly("a", "c", "d");
    assertThat(others.values()).allMatch(n -> n > 70); // 100 expected, deviation 8
  }

  @Test
  void ofUltraFeedbackEqualScoresAreATie() throws Exception {
    int ties = 0;
    for (int i = 0; i < 300; i++) {
      Pair pair = parse(null, RATED.formatted(i, "7.5"));
      Talks talks = (Talks) pair.answers();
      boolean equal = talks.second().getFirst().content().equals("b");
      assertThat(talks.first()).containsExactly(Message.assistant("a")); // the first of the best
      assertThat(pair.better()).isEqualTo(equal ? Better.TIE : Better.FIRST);
      ties += equal ? 1 : 0;
    }
    assertThat(ties).isBetween(70, 130);
  }

  @Test
  void ofUltraFeedbackATenThatIsAMisreadOneDoesNotCount() throws Exception {
    String ratings = "10,'annotations':{'helpfulness':{'Rating':'%s'},'honesty':{'Rating':'N/A'}}";
    assertThat(best(RATED.formatted(0, ratings.formatted("5")))).isEqualTo("a");
    assertThat(best(RATED.formatted(0, ratings.formatted("1")))).isEqualTo("b");
    assertThat(best(RATED.formatted(0, "10,'fine-grained_score':1.5"))).isEqualTo("b");
    assertThat(best(RATED.formatted(0, "10,'fine-grained_score':4.5"))).isEqualTo("a");
    assertThat(best(RATED.formatted(0, "10"))).isEqualTo("a");
    assertThatThrownBy(() ->
            parse(null, "{'instruction':'q','completions':[{'response':'a','overall_score':1}]}"))
        .hasMessage("1 of 1 completions have an 'overall_score' that counts, expected 2 at least");
  }

  private static String best(String json) throws FormatException, RowException {
    return ((Talks) parse(null, json).answers()).first().getFirst().content();
  }
}
