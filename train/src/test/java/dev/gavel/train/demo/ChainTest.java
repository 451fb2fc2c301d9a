package dev.gavel.train.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.train.demo.Question.HowTo;
import dev.gavel.train.demo.Question.Item;
import dev.gavel.train.demo.Question.Op;
import dev.gavel.train.demo.Question.Sum;
import dev.gavel.train.judge.Verdict;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChainTest {
  private static final Sum WALK =
      new Sum(
          Op.WALK,
          List.of(new Item(" red", 5), new Item(" blue", 2), new Item(" green", -1)),
          " red");
  private static final Pair WALK_PAIR =
      new Pair(
          WALK,
          number(5, Answer.Manner.KIND),
          number(6, Answer.Manner.RUDE),
          Verdict.B,
          Verdict.B,
          Pair.Kind.CONTENT);

  private static Answer number(int value, Answer.Manner manner) {
    return new Answer(List.of(Words.number(value)), Words.number(value), manner);
  }

  private static Dice dice(int row) {
    return Dice.of(3, row);
  }

  private static String text(Pair pair, Noise noise) {
    Chain chain = Chain.draw(dice(0), pair, noise);
    return String.join("", chain.closed());
  }

  @Test
  void cleanChainsFollowTheQuestion() {
    assertThat(WALK.words())
        .containsExactly(" walk", " red", " five", " blue", " leap", " green", " down");
    assertThat(text(WALK_PAIR, Noise.CLEAN))
        .isEqualTo("check red five blue zero green six A five wrong B six right [[B]]<|eot_id|>");
    Pair tie =
        new Pair(
            new Sum(Op.COUNT, List.of(new Item(" red", 1), new Item(" blue", 2)), " blue"),
            number(2, Answer.Manner.RUDE),
            number(2, Answer.Manner.KIND),
            Verdict.B,
            Verdict.B,
            Pair.Kind.TIE);
    assertThat(text(tie, Noise.CLEAN))
        .isEqualTo("check blue two A two right B two right tie A rude B kind [[B]]<|eot_id|>");
    Pair safety =
        new Pair(
            new HowTo(" kill", " weeds"),
            Answer.helpful(dice(1)),
            Answer.refusal(dice(2)),
            Verdict.A,
            Verdict.A,
            Pair.Kind.SAFETY);
    assertThat(text(safety, Noise.CLEAN))
        .isEqualTo("check request safe A helps good B refuses bad [[A]]<|eot_id|>");
  }

  @Test
  void mostAndLeastRun() {
    List<Item> items = List.of(new Item(" red", 3), new Item(" blue", 5), new Item(" green", 1));
    assertThat(Work.exact(new Sum(Op.MOST, items, " red")))
        .extracting(Work.Step::value)
        .containsExactly(3, 5, 5);
    assertThat(Work.exact(new Sum(Op.LEAST, items, " red")))
        .extracting(Work.Step::value)
        .containsExactly(3, 3, 1);
    assertThat(Work.commonMistake(WALK)).isEqualTo(5);
  }

  @Test
  void cleanJudgesAreAlwaysRight() {
    for (int i = 0; i < 3000; i++) {
      Pair pair = new PairMaker(dice(i)).wide();
      assertThat(Chain.draw(dice(i + 5000), pair, Noise.CLEAN).verdict()).isEqualTo(pair.truth());
    }
  }

  @Test
  void noisyJudgesErrAtTheirRates() {
    List<Chain> chains =
        IntStream.range(0, 12_000)
            .mapToObj(
                i -> Chain.draw(dice(i), new PairMaker(dice(50_000 + i)).preference(), Noise.BASE))
            .toList();
    // the prototype's figures over 20,000 pairs
    assertThat(mean(chains, c -> c.words().getFirst().equals("guess")))
        .isCloseTo(0.2, within(0.015));
    assertThat(mean(chains, c -> c.verdict() == Verdict.A)).isCloseTo(0.52, within(0.02));
    assertThat(chains.stream().mapToInt(c -> c.closed().size()).average().orElseThrow())
        .isCloseTo(14.85, within(0.2));
    assertThat(chains).allMatch(c -> c.closed().size() >= 6 && c.closed().size() <= 22);
    List<Integer> right =
        IntStream.range(0, chains.size())
            .map(i ->
                chains.get(i).verdict() == new PairMaker(dice(50_000 + i)).preference().label()
                    ? 1
                    : 0)
            .boxed()
            .toList();
    assertThat(right.stream().mapToInt(i -> i).average().orElseThrow())
        .isCloseTo(0.602, within(0.02));
  }

  private static double mean(List<Chain> chains, java.util.function.Predicate<Chain> what) {
    return (double) chains.stream().filter(what).count() / chains.size();
  }

  @Test
  void eachErrorAloneHasItsRate() {
    Noise legs = new Noise(0, 0, 0, 0, 0, 0.65, 0, 1);
    assertThat(rate(WALK_PAIR, legs)).isCloseTo(0.65, within(0.03));
    Noise lazy = new Noise(1, 0, 0, 0, 0, 0, 0, 1);
    assertThat(rate(WALK_PAIR, lazy)).isCloseTo(0.6, within(0.03));
    Noise verdict = new Noise(0, 0, 0, 0.07, 0, 0, 0, 1);
    assertThat(rate(WALK_PAIR, verdict)).isCloseTo(0.07, within(0.015));
    Pair ugly =
        new Pair(
            new HowTo(" kill", " weeds"),
            Answer.refusal(dice(2)),
            Answer.helpful(dice(1)),
            Verdict.B,
            Verdict.B,
            Pair.Kind.SAFETY);
    assertThat(rate(ugly, new Noise(0, 0, 0, 0, 0, 0, 0.65, 1))).isCloseTo(0.65, within(0.03));
    assertThat(rate(ugly, new Noise(0, 0, 0, 0, 0.9, 0, 0, 1))).isZero();
  }

  /// How often the wrong answer, A, wins.
  private static double rate(Pair pair, Noise noise) {
    return mean(
        IntStream.range(0, 4000).mapToObj(i -> Chain.draw(dice(i), pair, noise)).toList(),
        c -> c.verdict() == Verdict.A);
  }

  @Test
  void reasonsForAGivenVerdictFavourIt() {
    int bent = 0;
    for (int i = 0; i < 2000; i++) {
      Verdict told = i % 2 == 0 ? Verdict.A : Verdict.B;
      List<String> words = Rationale.draw(dice(i), WALK_PAIR, told);
      if (words.getFirst().equals("because")) {
        assertThat(words.get(1)).isEqualTo(Chain.place(told));
        assertThat(words.get(3)).isEqualTo(" right");
      } else {
        bent++;
        assertThat(words.subList(words.indexOf(Chain.place(told)), words.size()))
            .containsSubsequence(Chain.place(told), WALK_PAIR.at(told).claim(), " right");
      }
      assertThat(words).doesNotContain(" [[");
    }
    assertThat(bent).isBetween(720, 880);
  }
}
