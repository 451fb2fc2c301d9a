package dev.gavel.train.demo;

import static dev.gavel.train.demo.Claim.Status.NOT_DECIDABLE;
import static dev.gavel.train.demo.Claim.Status.NOT_SHOWN;
import static dev.gavel.train.demo.Claim.Status.SHOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.train.data.Place;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.demo.LabelledPair.Form;
import dev.gavel.train.demo.Method.Role;
import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.JudgeTally;
import dev.gavel.train.judge.Evidence;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Vote;
import dev.gavel.train.stage.Stage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class ClaimTest {
  private static final World WORLD = new World(1);
  private static final Bootstrap BOOTSTRAP = new Bootstrap(1, 400);

  /// A method that judges the pairs of these places right, and the others wrong.
  private static MethodResult result(String name, Role role, IntPredicate in, IntPredicate out) {
    return result(name, 0, role, in, out);
  }

  private static MethodResult result(
      String family, int round, Role role, IntPredicate in, IntPredicate out) {
    Stage none = new Stage("judge");
    Method method =
        new Method(
            "", family, round, role, "", List.of(), Path.of("model"), Form.TEXTS, none, none);
    List<LabelledPair> unseen =
        Arrays.stream(Section.values()).flatMap(s -> WORLD.outOfDomain(s, 40).stream()).toList();
    return MethodResult.of(method, judged(WORLD.inDomain(160), in), judged(unseen, out), BOOTSTRAP);
  }

  private static List<Judged> judged(List<LabelledPair> pairs, IntPredicate right) {
    List<PairRow> rows = pairs.stream().map(ClaimTest::row).toList();
    JudgeTally tally = new JudgeTally(rows);
    List<Judged> judged = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      // the labelled answer is named first, and stands in A
      double score = right.test(i) ? 1 : -1;
      Vote vote = Vote.of(rows.get(i), Order.AB, new Evidence.Scores(score, 0));
      tally.add(vote);
      judged.add(new Judged(pairs.get(i), tally.items().get(i), List.of(vote)));
    }
    return judged;
  }

  private static PairRow row(LabelledPair pair) {
    var json = pair.toJson(Form.TEXTS);
    try {
      return new PairReader(null)
          .read(new Row(0, new Place("pairs", 1, false), json.get("id"), json));
    } catch (RowException e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodResult judge() {
    return result("judge", Role.ZERO_SHOT, i -> i % 10 < 7, i -> i % 10 < 8);
  }

  private static MethodResult letter() {
    return result("letter", Role.LETTER, i -> i % 2 == 0, i -> i % 2 == 0);
  }

  private static MethodResult explicit() {
    return result("explicit", Role.EXPLICIT, i -> i % 10 < 9, i -> i % 10 < 5);
  }

  private static MethodResult star(Role role, int round, int of100, int outOf100) {
    return result(role.name(), round, role, i -> mixed(i) < of100, i -> mixed(i) < outOf100);
  }

  /// 0 to 99, each as often, neighbours far apart.
  private static int mixed(int i) {
    return i * 37 % 100;
  }

  private static Map<String, Claim.Status> statuses(boolean decidable, MethodResult... results) {
    Map<String, Claim.Status> statuses = new LinkedHashMap<>();
    for (Claim claim : Claims.of(List.of(results), decidable, BOOTSTRAP)) {
      statuses.put(claim.text(), claim.status());
    }
    return statuses;
  }

  private static final String BEATS = "In-domain, explicit reward models beat the zero-shot judge.";
  private static final String POOR =
      "Out of domain, the zero-shot judge beats explicit reward models.";
  private static final String LETTER =
      "Asked for a letter, the base model is near chance (40 to 60), far below when it thinks.";

  @Test
  void whatThePaperFound() {
    List<Claim> claims = Claims.of(List.of(judge(), letter(), explicit()), true, BOOTSTRAP);
    assertThat(claims).extracting(Claim::status).containsOnly(SHOWN).hasSize(3);
    assertThat(claims.get(0).figures()).startsWith("explicit +20.0 (+");
    assertThat(claims.get(1).figures()).startsWith("explicit −30.0 (−");
    assertThat(claims.get(0).here()).startsWith("So here");
  }

  @Test
  void oneModelThatIsNotBetterLeavesItOpen() {
    MethodResult same = result("same", Role.EXPLICIT, i -> i % 10 < 7, i -> i % 10 < 8);
    assertThat(statuses(true, judge(), letter(), explicit(), same))
        .containsEntry(BEATS, NOT_DECIDABLE)
        .containsEntry(POOR, NOT_DECIDABLE)
        .containsEntry(LETTER, SHOWN);
  }

  @Test
  void theOppositeIsNotShown() {
    MethodResult worse = result("worse", Role.EXPLICIT, i -> i % 10 < 3, i -> i % 10 < 9);
    assertThat(statuses(true, judge(), explicit(), worse))
        .containsEntry(BEATS, NOT_SHOWN)
        .containsEntry(POOR, NOT_SHOWN);
  }

  @Test
  void aLetterThatIsOftenRightIsNotNearChance() {
    MethodResult good = result("good", Role.LETTER, i -> i % 10 < 5, i -> i % 100 < 65);
    assertThat(statuses(true, judge(), good, explicit())).containsEntry(LETTER, NOT_SHOWN);
  }

  @Test
  void aModelThatLearnedNothingDecidesNothing() {
    assertThat(statuses(false, judge(), letter(), explicit()).values())
        .containsOnly(NOT_DECIDABLE)
        .hasSize(3);
  }

  /// The claims on loops, with figures like those of the paper.
  @Test
  void loops() {
    assertThat(
            statuses(
                true,
                judge(),
                explicit(),
                star(Role.DPO, 1, 80, 80),
                star(Role.DPO, 3, 90, 95),
                star(Role.SFT, 1, 70, 80),
                star(Role.SFT, 3, 70, 80),
                star(Role.RATIONALIZER, 3, 90, 60)))
        .containsEntry("In-domain, STaR-DPO beats the zero-shot judge.", SHOWN)
        .containsEntry("Out of domain, STaR-DPO beats explicit reward models.", SHOWN)
        .containsEntry("Out of domain, STaR-DPO beats the zero-shot judge.", SHOWN)
        .containsEntry("STaR-DPO beats STaR-SFT, in and out of domain.", SHOWN)
        .containsEntry("Rounds help: STaR-DPO 3 is better than STaR-DPO 1.", SHOWN)
        .containsEntry(
            "In-domain, reasons found in hindsight teach more than own right chains.", SHOWN)
        .containsEntry("Out of domain, the Rationalizer falls below the base judge.", SHOWN);
  }

  /// A source's claims are there when it was run, and speak of its own rounds.
  @Test
  void bootstraps() {
    String family = "STaR-SFT from foreign";
    MethodResult first =
        result(family, 1, Role.BOOTSTRAPPED, i -> mixed(i) < 50, i -> mixed(i) < 50);
    MethodResult last =
        result(family, 3, Role.BOOTSTRAPPED, i -> mixed(i) < 80, i -> mixed(i) < 80);
    Map<String, Claim.Status> found =
        statuses(true, judge(), explicit(), star(Role.SFT, 1, 70, 80), first, last);
    assertThat(found)
        .containsEntry(family + ": another's rationales hurt in the first round.", SHOWN)
        .containsEntry(family + ": on-policy rounds repair that.", SHOWN);
    assertThat(statuses(true, judge(), explicit(), star(Role.SFT, 1, 70, 80)))
        .hasSize(found.size() - 2);
  }

  /// Paired: equal judgements differ by exactly nothing, however uncertain each is.
  @Test
  void differencesAreOfTheSamePairs() {
    Difference none = judge().minus(judge(), 0, BOOTSTRAP);
    assertThat(none.toString()).isEqualTo("+0.0 (+0.0 to +0.0)");
    assertThat(none.isGain() || none.isLoss()).isFalse();

    Difference gain = explicit().minus(judge(), 0, BOOTSTRAP);
    assertThat(gain.mean()).isCloseTo(0.2, within(1e-12));
    assertThat(gain.isGain()).isTrue();
    // the explicit one is right wherever the judge is: 32 of 160 differ, standard error 0.0316
    assertThat(gain.band().high() - gain.band().low()).isCloseTo(2 * 1.96 * 0.0316, within(0.025));

    MethodResult judge = judge();
    Part less = new Part("less", List.of(judge.parts().getFirst().all().subList(0, 50)));
    assertThatThrownBy(() -> Difference.of(judge.parts().getFirst(), less, BOOTSTRAP))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("other pairs");
  }

  @Test
  void sectionsOutOfDomainHaveEqualWeight() {
    MethodResult chat = result("chat", Role.EXPLICIT, i -> true, i -> i < 40);
    assertThat(chat.scores())
        .extracting(Score::accuracy)
        .containsExactly(1.0, 0.25, 1., 0., 0., 0.);
  }

  @Test
  void aJudgeOfMannersAgreesWithThem() {
    List<LabelledPair> pairs = WORLD.inDomain(160);
    Predicate<Pair> kinder = pair -> Manners.credit(pair) == 1;
    Part part =
        new Part("in-domain", List.of(judged(pairs, i -> kinder.test(pairs.get(i).pair()))));
    assertThat(Manners.agreement(part)).isEqualTo(1.0);
    Part right = new Part("in-domain", List.of(judged(pairs, i -> true)));
    assertThat(Manners.agreement(right)).isEqualTo(Manners.worth(right));
    List<LabelledPair> reasoning = WORLD.outOfDomain(Section.REASONING, 20);
    assertThat(Manners.agreement(new Part("r", List.of(judged(reasoning, i -> true))))).isNull();
  }
}
