package dev.gavel.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowReader;
import dev.gavel.train.eval.RewardBench2;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.stage.Stage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What RewardBench 2's scripts read off texts, and what they make of it.
class RatingGoldenTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  private static List<JsonNode> golden(String part) throws IOException {
    List<JsonNode> all = new ArrayList<>();
    for (Path file : Golden.findIfPresent("rewardbench/ratings.json")) {
      all.addAll(Json.read(file).get(part).valueStream().toList());
    }
    assertThat(all).isNotEmpty();
    return all;
  }

  @Test
  void ratingsAreReadAsTheScriptsReadThem() throws IOException {
    for (JsonNode row : golden("readings")) {
      String text = row.get("text").stringValue();
      assertThat(RatingRule.read(text).orElse(-1))
          .as("'%s'", text)
          .isEqualTo(row.get("rating").intValue());
    }
  }

  private List<BestOfRow> rows(JsonNode questions) throws Exception {
    StringBuilder lines = new StringBuilder();
    questions.get("rows").forEach(row -> lines.append(Json.write(row)).append('\n'));
    Path file = Files.writeString(dir.resolve("rows.jsonl"), lines);
    List<BestOfRow> rows = new ArrayList<>();
    try (RowReader in = RowReader.open(List.of(file), InputStream.nullInputStream(), () -> {})) {
      for (Item item; (item = in.next()) != null; ) {
        rows.add(BestOfRow.read((Row) item));
      }
    }
    return rows;
  }

  /// Options of the command that decide how it is asked.
  record All(MethodOptions method, RatingOptions rating, ModelOptions model) {}

  private RatedResponses judge(int n, boolean ratings) throws Exception {
    All all =
        new Stage("eval rewardbench2")
            .with("n", n)
            .with("score_w_ratings", ratings)
            .with("model_name_or_path", dir)
            .bind(All.class)
            .options();
    PrintStream quiet = new PrintStream(OutputStream.nullOutputStream());
    return new RatedResponses(
        all.model(), all.method(), List.of(), all.rating(), quiet, () -> false);
  }

  /// A finished file needs no model.
  @Test
  void ratingsAddUpAsTheScriptsAddThem() throws Exception {
    for (JsonNode questions : golden("questions")) {
      List<BestOfRow> rows = rows(questions);
      StringBuilder votes = new StringBuilder();
      questions.get("votes").forEach(vote -> votes.append(Json.write(vote)).append('\n'));
      Path file = Files.writeString(dir.resolve("votes.jsonl"), votes);
      List<BestOfScores.Answer> answers =
          Objects.requireNonNull(judge(questions.get("n").intValue(), true).run(file, rows));
      for (int i = 0; i < rows.size(); i++) {
        double[] expected =
            questions
                .get("scores")
                .get(i)
                .valueStream()
                .mapToDouble(JsonNode::doubleValue)
                .toArray();
        assertThat(answers.get(i).scores()).isEqualTo(expected);
      }
      Map<String, Double> subsets = BestOfRun.subsets(rows, answers);
      assertThat(subsets).hasSize(questions.get("subsets").size());
      subsets.forEach((subset, score) ->
          assertThat(score)
              .as(subset)
              .isCloseTo(questions.get("subsets").get(subset).doubleValue(), within(1e-12)));
      assertThat(file).hasContent(votes.toString());
      String another = votes.toString().replaceFirst("\"rating\":\\d+", "\"rating\":1");
      Files.writeString(file, another);
      assertThatThrownBy(() -> judge(questions.get("n").intValue(), true).run(file, rows))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is not the draw that belongs there");
    }
  }

  @Test
  void theBestOfFourIsReadAndCounted() throws Exception {
    BestOfRow row = rows(golden("questions").getFirst()).getFirst();
    JudgePrompt prompt = JudgePrompt.paper(JudgePrompt.Kind.RANKING);
    for (JsonNode named : golden("named")) {
      BestOfAsk.Ranking ask = new BestOfAsk.Ranking(row, named.get("slot").intValue(), prompt);
      int[] counts = new int[5];
      for (int i = 0; i < named.get("texts").size(); i++) {
        OptionalInt read = ask.read(named.get("texts").get(i).stringValue());
        JsonNode verdict = named.get("verdicts").get(i);
        int expected = verdict.isNull() ? 0 : verdict.stringValue().charAt(0) - 'A' + 1;
        assertThat(read.orElse(0)).as("%s", named).isEqualTo(expected);
        counts[expected]++;
      }
      assertThat(RewardBench2.named(counts, ask.slot() + 1))
          .as("%s", named)
          .isCloseTo(named.get("credit").doubleValue(), within(1e-12));
    }
  }

  /// The correct response changes places with the one at its slot; every slot occurs.
  @Test
  void theCorrectResponseStandsAtItsSlot() throws Exception {
    JudgePrompt letters =
        JudgePrompt.parse(
            "{\"user\":\"{chat}|{answer_a}|{answer_b}|{answer_c}|{answer_d}\"}",
            "p",
            JudgePrompt.Kind.RANKING);
    Set<Integer> slots = new HashSet<>();
    for (BestOfRow row : rows(golden("questions").getFirst()).subList(0, 16)) {
      BestOfAsk.Ranking ask = BestOfAsk.Ranking.of(row, letters, 42);
      slots.add(ask.slot());
      List<String> places = new ArrayList<>(List.of("wrong 0", "wrong 1", "wrong 2"));
      String first = "right 0";
      if (ask.slot() > 0) {
        first = places.set(ask.slot() - 1, first);
      }
      assertThat(ask.messages())
          .containsExactly(
              Message.user(row.prompt() + "|" + first + "|" + String.join("|", places)));
      assertThat(BestOfAsk.Ranking.of(row, letters, 42)).isEqualTo(ask);
    }
    assertThat(slots).containsExactlyInAnyOrder(0, 1, 2, 3);
  }

  @Test
  void aRankingIsOfFour() throws Exception {
    List<BestOfRow> rows = new ArrayList<>(rows(golden("questions").getFirst()));
    judge(1, false).check(rows);
    BestOfRow row = rows.getFirst();
    rows.add(
        new BestOfRow(row.row(), row.prompt(), row.subset(), 1, row.responses().subList(0, 3)));
    judge(1, true).check(rows);
    assertThatThrownBy(() -> judge(1, false).check(rows))
        .hasMessageContaining("rows.jsonl:1: 3 responses; a ranking is of 4");
  }

  /// A template of another kind is refused.
  @Test
  void promptsOfRatings() throws IOException {
    JudgePrompt rating = JudgePrompt.paper(JudgePrompt.Kind.RATING);
    String text = rating.rating(List.of(Message.user("Why?")), "So.").getLast().content();
    assertThat(text)
        .contains("from 1 (useless) to 10", "as thorough and as well written")
        .endsWith("[The Conversation]\nWhy?\n\n[The Answer]\nSo.\n\n[Your Judgment]");
    String ties =
        JudgePrompt.paper(JudgePrompt.Kind.RATING_TIES)
            .rating(List.of(Message.user("Why?")), "So.")
            .getLast()
            .content();
    assertThat(ties).contains("from 1 (useless) to 10", "An answer that is right needs no more");
    List<Message> four =
        JudgePrompt.paper(JudgePrompt.Kind.RANKING)
            .ranking(List.of(Message.user("Why?")), List.of("1", "2", "3", "4"));
    assertThat(four.getFirst().role()).isEqualTo("system");
    assertThat(four.getFirst().content())
        .contains("responses provided by four AI assistants to the user question displayed below.")
        .endsWith("\"[[C]]\" if assistant C is best, \"[[D]]\" if assistant D is best");
    assertThat(four.getLast().content())
        .startsWith("[Chat Context]\nWhy?\n\n[The Start of Assistant A's Answer]\n1\n[The End of")
        .endsWith("\n\n[The Start of Assistant D's Answer]\n4\n[The End of Assistant D's Answer]");
    assertThatThrownBy(() -> rating.ranking(List.of(Message.user("a")), List.of()))
        .hasMessageContaining("kind RATING");
    assertThatThrownBy(
            () -> JudgePrompt.parse("{\"user\":\"{chat}\"}", "p.json", JudgePrompt.Kind.RATING))
        .hasMessageContaining("p.json: the template lacks {answer}; it needs {chat}, {answer}");
    assertThatThrownBy(() ->
            JudgePrompt.parse(
                "{\"user\":\"{chat}{answer}{answer_a}\"}", "p.json", JudgePrompt.Kind.RATING))
        .hasMessageContaining("{answer_a} stands only in a template of another kind");
  }
}
