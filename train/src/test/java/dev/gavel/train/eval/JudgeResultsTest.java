package dev.gavel.train.eval;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.Label;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.VerdictRule;
import dev.gavel.train.judge.Vote;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class JudgeResultsTest {
  private final List<PairRow> rows = new ArrayList<>();
  private final List<Vote> votes = new ArrayList<>();

  /// One draw per letter: A, B, - for none, 2 for both marks.
  private void row(@Nullable Label label, @Nullable String subset, String ab, String ba) {
    JsonNode id = Json.mapper().getNodeFactory().numberNode(rows.size());
    PairRow row = new PairRow(id, List.of(Message.user("q")), "x", "y", label, subset);
    rows.add(row);
    votes(row, Order.AB, ab);
    votes(row, Order.BA, ba);
  }

  private void votes(PairRow row, Order order, String letters) {
    for (int i = 0; i < letters.length(); i++) {
      String text =
          switch (letters.charAt(i)) {
            case 'A' -> "[[A]]";
            case 'B' -> "[[B]]";
            case '2' -> "[[B]] [[A]]";
            default -> "nothing";
          };
      votes.add(
          Vote.of(
              row,
              order,
              i,
              VerdictRule.REWARDBENCH,
              new dev.gavel.train.judge.Evidence.Text(text, new int[] {1}, "stop", -1)));
    }
  }

  private JudgeTally tally() {
    JudgeTally tally = new JudgeTally(rows);
    votes.forEach(tally::add);
    return tally;
  }

  private JudgeResults results(boolean both) {
    return tally().results(both, 42);
  }

  @Test
  void oneOrder() {
    row(Label.FIRST, "s", "AAB", ""); // 2 of 3 right
    row(Label.SECOND, "s", "", "A2-"); // ba: A is the second; 2 right, 1 none
    row(Label.FIRST, null, "BBB", "");
    row(Label.TIE, "t", "ABA", "");
    JudgeResults results = results(false);
    assertThat(results.n()).isEqualTo(4);
    assertThat(results.ties()).isEqualTo(1);
    List<Double> maj = requireNonNull(results.maj());
    assertThat(maj).hasSize(3);
    assertThat(maj.get(0)).isCloseTo((2 / 3.0 + 2.5 / 3.0 + 0) / 3, within(1e-15));
    assertThat(maj.get(2)).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(results.accuracy()).isEqualTo(maj.get(2));
    assertThat(results.abstainRate()).isEqualTo(1 / 12.0);
    assertThat(results.bothMarks()).isEqualTo(1);
    assertThat(results.aRate()).isEqualTo(6 / 11.0);
    assertThat(results.positionBias()).isNull();
    assertThat(results.orderDisagreement()).isNull();
    assertThat(requireNonNull(results.subsets().get("s")).n()).isEqualTo(2);
    assertThat(requireNonNull(results.subsets().get("s")).accuracy()).isCloseTo(1, within(1e-15));
    assertThat(results.subsets().get("t")).isEqualTo(new JudgeResults.Subset(1, null));
    assertThat(requireNonNull(results.ci95()).low()).isBetween(0.0, 0.34);
    assertThat(requireNonNull(results.ci95()).high()).isCloseTo(1, within(1e-12));
  }

  @Test
  void bothOrders() {
    row(Label.FIRST, null, "AA", "AA"); // position only: two majorities that differ
    row(Label.FIRST, null, "AA", "BB");
    row(Label.FIRST, null, "AB", "BB"); // a tie against a winner differs too
    JudgeResults results = results(true);
    assertThat(results.maj()).hasSize(4);
    assertThat(results.accuracy()).isCloseTo((0.5 + 1 + 1) / 3, within(1e-15));
    assertThat(results.aRate()).isEqualTo(7 / 12.0);
    assertThat(results.positionBias()).isEqualTo(7 / 12.0 - 0.5);
    assertThat(results.orderDisagreement()).isEqualTo(2 / 3.0);
  }

  @Test
  void everyVoteCountOfTheCurveHasItsBand() {
    row(Label.FIRST, null, "AAB", "");
    row(Label.FIRST, null, "ABB", "");
    row(Label.FIRST, null, "AAA", "");
    JudgeResults results = results(false);
    List<Bootstrap.Interval> bands = requireNonNull(results.majBands());
    assertThat(bands).hasSize(3);
    assertThat(bands.get(2)).isEqualTo(results.ci95());
    List<Double> maj = requireNonNull(results.maj());
    for (int k = 0; k < 3; k++) {
      assertThat(bands.get(k).low()).isLessThan(maj.get(k));
      assertThat(bands.get(k).high()).isGreaterThan(maj.get(k));
    }
    JsonNode json = results.toJson().get("maj_ci95");
    assertThat(json.get("3").get(0).asDouble()).isEqualTo(bands.get(2).low());
  }

  @Test
  void oneOrderTellsWhetherThePlaceMatters() {
    row(Label.FIRST, null, "AAA", "");
    row(Label.SECOND, null, "", "AAB"); // ba: the labelled response is in A here, too
    row(Label.FIRST, null, "AAB", "");
    row(Label.SECOND, null, "AA-", "");
    PlaceBias found = requireNonNull(results(false).byPlace());
    assertThat(found.inA()).isEqualTo(3);
    assertThat(found.accuracyInA()).isCloseTo((1 + 2 / 3.0 + 2 / 3.0) / 3, within(1e-15));
    assertThat(found.inB()).isEqualTo(1);
    assertThat(found.accuracyInB()).isCloseTo(0.5 / 3, within(1e-15));
    double bias = requireNonNull(found.preferenceForA());
    assertThat(bias).isCloseTo((7 / 9.0 - 1 / 6.0) / 2, within(1e-15));
    assertThat(requireNonNull(found.ci95()).low()).isLessThanOrEqualTo(bias);
    assertThat(results(false).positionBias()).isNull();
  }

  @Test
  void ofBothOrdersItIsThePositionBias() {
    row(Label.FIRST, null, "AA", "AA");
    row(Label.SECOND, null, "AA", "BB");
    row(Label.FIRST, null, "AB", "BB");
    JudgeResults results = results(true);
    PlaceBias found = requireNonNull(results.byPlace());
    assertThat(found.inA()).isEqualTo(3);
    assertThat(found.inB()).isEqualTo(3);
    assertThat(found.preferenceForA())
        .isCloseTo(requireNonNull(results.positionBias()), within(1e-15));
  }

  @Test
  void labelsThatAllStandInOnePlaceTellNothingOfPlaces() {
    row(Label.FIRST, null, "AA", "");
    row(Label.FIRST, null, "AB", "");
    PlaceBias found = requireNonNull(results(false).byPlace());
    assertThat(found.accuracyInA()).isEqualTo(0.75);
    assertThat(found.preferenceForA()).isNull();
    assertThat(found.ci95()).isNull();
  }

  @Test
  void nothingReadable() {
    row(Label.FIRST, "s", "--", "");
    assertThat(Json.write(results(false).toJson()))
        .isEqualTo(
            "{\"n\":1,\"maj\":null,\"accuracy\":null,\"ci95\":null,\"ties\":0,\"abstain_rate\":1.0,"
                + "\"both_marks\":0,\"a_rate\":null,\"position_bias\":null,"
                + "\"order_disagreement\":null,\"subsets\":{\"s\":{\"n\":1,\"accuracy\":null}},"
                + "\"soft_accuracy\":null,\"calibration\":null,\"by_length\":null,\"maj_ci95\":null,"
                + "\"by_place\":null}");
  }

  @Test
  void noLabels() {
    row(null, null, "AB", "");
    JudgeResults results = results(false);
    assertThat(results.maj()).isNull();
    assertThat(results.accuracy()).isNull();
    assertThat(results.aRate()).isEqualTo(0.5);
  }

  @Test
  void theJsonHasItsKeysInOrder() {
    row(Label.FIRST, "s", "AA", "");
    assertThat(Json.write(results(false).toJson()))
        .startsWith(
            "{\"n\":1,\"maj\":{\"1\":1.0,\"2\":1.0},\"accuracy\":1.0,\"ci95\":[1.0,1.0],\"ties\":0,"
                + "\"abstain_rate\":0.0,\"both_marks\":0,\"a_rate\":1.0,\"position_bias\":null,"
                + "\"order_disagreement\":null,\"subsets\":{\"s\":{\"n\":1,\"accuracy\":1.0}},"
                + "\"soft_accuracy\":1.0,\"calibration\":{\"n\":1,\"brier\":");
  }

  @Test
  void preferencesAreSmoothedBeforeTheirLogOdds() {
    row(Label.FIRST, null, "AAAA", "");
    row(Label.FIRST, null, "", "AAB-");
    ItemVotes sure = tally().items().get(0);
    assertThat(sure.preference()).isEqualTo(1);
    assertThat(sure.logOdds()).isCloseTo(Math.log(4.5 / 0.5), within(1e-12));
    ItemVotes mixed = tally().items().get(1); // second, second, first, none: (1 + ½) of 4
    assertThat(mixed.preference()).isEqualTo(1.5 / 4);
    assertThat(mixed.logOdds()).isCloseTo(Math.log(2.0 / 3.0), within(1e-12));
    assertThat(mixed.unread()).isEqualTo(1);
  }

  /// Four draws: P smoothed is 4.5/5, 2.5/5, 1.5/5 and 0.5/5 for 4, 2, 1 and 0 right ones.
  @Test
  void calibrationIsOfSmoothedVotes() {
    row(Label.FIRST, null, "AAAA", "");
    row(Label.FIRST, null, "AABB", "");
    row(Label.SECOND, null, "AAAB", "");
    row(Label.FIRST, null, "BBBB", "");
    Calibration found = requireNonNull(results(false).calibration());
    double brier = (0.1 * 0.1 + 0.5 * 0.5 + 0.7 * 0.7 + 0.9 * 0.9) / 4;
    assertThat(found.brier()).isCloseTo(brier, within(1e-12));
    // bin 0.9: one right, one wrong at 0.9; bin 0.7: one wrong; bin 0.5: one undecided
    assertThat(found.ece()).isCloseTo((2 * 0.4 + 0.7 + 0) / 4, within(1e-12));
    assertThat(found.bins()).hasSize(10);
    assertThat(found.bins().get(9).n()).isEqualTo(2);
    assertThat(found.bins().get(9).accuracy()).isEqualTo(0.5);
    assertThat(found.bins().get(0).accuracy()).isNull();
    assertThat(results(false).softAccuracy()).isEqualTo((1 + 0.5 + 0.25 + 0) / 4);
  }

  @Test
  void measuredOrdersAreAveragedAsProbabilitiesByTheSoftVote() {
    JsonNode id = Json.mapper().getNodeFactory().numberNode(0);
    PairRow row = new PairRow(id, List.of(Message.user("q")), "x", "y", Label.FIRST, null);
    rows.add(row);
    votes.add(Vote.of(row, Order.AB, new dev.gavel.train.judge.Evidence.Scores(3, 0)));
    votes.add(Vote.of(row, Order.BA, new dev.gavel.train.judge.Evidence.Scores(2, 0)));
    assertThat(results(true).accuracy()).isEqualTo(1); // 3 - 2 > 0
    double soft = (1 / (1 + Math.exp(-3)) + 1 / (1 + Math.exp(2))) / 2;
    assertThat(results(true).softAccuracy()).isCloseTo(soft, within(1e-12));
    double p = 1 / (1 + Math.exp(-0.5));
    assertThat(requireNonNull(results(true).calibration()).brier())
        .isCloseTo((1 - p) * (1 - p), within(1e-12));
  }

  @Test
  void lengthsAreCutIntoThirds() {
    String[][] texts = {{"a", "b c d"}, {"a b", "c"}, {"a b c d", "e"}, {"a", "b"}};
    for (String[] pair : texts) {
      JsonNode id = Json.mapper().getNodeFactory().numberNode(rows.size());
      PairRow row =
          new PairRow(id, List.of(Message.user("q")), pair[0], pair[1], Label.FIRST, null);
      rows.add(row);
      votes(row, Order.AB, pair[0].length() > 3 ? "B" : "A");
    }
    LengthBias found = requireNonNull(results(false).byLength());
    assertThat(found.longer()).isEqualTo(2.5 / 4);
    assertThat(found.terciles())
        .containsExactly(
            new LengthBias.Part(-2, -2, 1, 1, 0),
            new LengthBias.Part(0, 0, 1, 1, 0.5),
            new LengthBias.Part(1, 3, 2, 0.5, 1));
  }

  @Test
  void incompleteAndForeignVotesAreRefused() {
    row(Label.FIRST, null, "AA", "");
    row(Label.FIRST, null, "A", "");
    assertThatThrownBy(() -> results(false)).hasMessageContaining("the votes are not complete");
    assertThatThrownBy(() -> new JudgeTally(rows.subList(0, 1)).add(votes.getLast()))
        .hasMessageContaining("a vote is on row 1, which the data does not have");
  }
}
