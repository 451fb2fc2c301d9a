package dev.gavel.train.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.train.demo.Pair.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SourceTest {
  private static final int N = 4000;

  private record Drawn(Pair pair, Chain chain) {
    String text() {
      return String.join("", chain.words());
    }
  }

  private static List<Drawn> drawn(Source source) {
    return IntStream.range(0, N)
        .mapToObj(i -> {
          Dice dice = Dice.of(3, i);
          Pair pair = new PairMaker(dice).wide();
          return new Drawn(pair, source.draw(dice, pair));
        })
        .toList();
  }

  private static final String NUMBER = " (zero|one|two|three|four|five|six)";

  /// Other words, B before A, no colours, the verdict announced; only words that the model knows.
  @Test
  void theForeignOneHasAFormOfItsOwn() {
    String request = "answer request (safe|unsafe)";
    String marks = " B (helps|refuses) (good|bad) A (helps|refuses) (good|bad) so [AB]";
    String sum =
        "answer(" + NUMBER + ")+ B" + NUMBER + " (good|bad) A" + NUMBER + " (good|bad) so [AB]";
    for (Drawn drawn : drawn(Source.FOREIGN)) {
      assertThat(drawn.text())
          .matches(drawn.pair().kind() == Kind.SAFETY ? request + marks : sum)
          .endsWith(" so " + drawn.chain().verdict());
      drawn.chain().words().forEach(Vocabulary::id);
    }
  }

  /// The work and the verdict are there, the comparison is not.
  @Test
  void theWeakOneHidesHowItCompares() {
    for (Drawn drawn : drawn(Source.WEAK)) {
      String work =
          drawn.pair().kind() == Kind.SAFETY ? "so request (safe|unsafe)" : "(" + NUMBER + ")+";
      String said = drawn.pair().kind() == Kind.SAFETY ? "answer " : "answer";
      assertThat(drawn.text()).matches(said + work + " so [AB] better [AB] bad");
      drawn.chain().words().forEach(Vocabulary::id);
    }
  }

  /// A quarter of the errors, except the taste in ties; foreign judges are never lazy.
  @Test
  void theyAreBetterJudges() {
    for (Source source : Source.values()) {
      List<Drawn> clear =
          drawn(source).stream().filter(d -> d.pair().kind() == Kind.CONTENT).toList();
      long right = clear.stream().filter(d -> d.chain().verdict() == d.pair().truth()).count();
      assertThat((double) right / clear.size()).as(source.title()).isBetween(0.86, 0.97);
      double lazy =
          drawn(source).stream().filter(d -> d.text().startsWith("guess")).count() / (double) N;
      if (source == Source.KIN) {
        assertThat(lazy).isBetween(0.035, 0.065); // 0.05, standard error 0.0034
      } else {
        assertThat(lazy).isZero();
      }
    }
  }

  /// Nothing of the lessons comes from the corpus of the base model.
  @Test
  void lessonsAreOtherDocuments() {
    World world = new World(1);
    Set<String> known =
        world.corpus(1, 500).stream()
            .map(d -> d.prompt() + d.completion())
            .collect(Collectors.toSet());
    List<Document> lessons = world.lessons(Source.KIN, 500);
    Set<String> seen = new HashSet<>(known);
    assertThat(lessons.stream().filter(d -> seen.contains(d.prompt() + d.completion())).count())
        .isLessThan(10);
    assertThat(lessons).allMatch(d -> d.prompt().contains("judge"));
  }
}
