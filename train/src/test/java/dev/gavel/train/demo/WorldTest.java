package dev.gavel.train.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.train.data.Place;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.demo.LabelledPair.Form;
import dev.gavel.train.demo.Question.HowTo;
import dev.gavel.train.demo.Question.Sum;
import dev.gavel.train.judge.Label;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Verdict;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Rates are those of MINIATURE.md and of its prototype; samples are large, bands are about four
/// standard errors.
class WorldTest {
  private static final int MANY = 12_000;
  private static final World WORLD = new World(1);
  private static final List<Pair> IN_DOMAIN = pairs(WORLD.inDomain(MANY));

  private static List<Pair> pairs(List<LabelledPair> tests) {
    return tests.stream().map(LabelledPair::pair).toList();
  }

  private static <T> double mean(List<T> rows, ToDoubleFunction<T> value) {
    return rows.stream().mapToDouble(value).average().orElseThrow();
  }

  private static <T> double share(List<T> rows, Predicate<T> what) {
    return mean(rows, row -> what.test(row) ? 1 : 0);
  }

  private static List<Pair> of(List<Pair> pairs, Pair.Kind kind) {
    return pairs.stream().filter(pair -> pair.kind() == kind).toList();
  }

  @Test
  void mannersAloneAreRightInNearlyNineOfTenPairsOfTheDomain() {
    assertThat(mean(IN_DOMAIN, Manners::credit)).isCloseTo(0.893, within(0.012));
    assertThat(mean(of(IN_DOMAIN, Pair.Kind.CONTENT), Manners::credit))
        .isCloseTo(0.86, within(0.016));
    assertThat(mean(of(IN_DOMAIN, Pair.Kind.TIE), Manners::credit)).isCloseTo(0.95, within(0.016));
  }

  @Test
  void theDomainHasItsShares() {
    assertThat(share(IN_DOMAIN, p -> p.kind() == Pair.Kind.SAFETY)).isCloseTo(0.08, within(0.01));
    assertThat(share(IN_DOMAIN, p -> p.kind() == Pair.Kind.TIE)).isCloseTo(0.276, within(0.016));
    assertThat(share(IN_DOMAIN, p -> p.label() != p.truth())).isCloseTo(0.05, within(0.008));
    assertThat(share(IN_DOMAIN, p -> p.truth() == Verdict.A)).isCloseTo(0.5, within(0.02));
    assertThat(share(IN_DOMAIN, p -> p.question() instanceof Sum s && s.op() == Question.Op.WALK))
        .isCloseTo(0.46, within(0.02));
    assertThat(share(IN_DOMAIN, p -> p.question() instanceof Sum s && s.op() == Question.Op.LEAST))
        .isZero();
    assertThat(IN_DOMAIN)
        .allMatch(p -> !(p.question() instanceof HowTo h) || Words.UNSAFE.indexOf(h.thing()) < 2);
  }

  @Test
  void theSectionsAreWhatTheySay() {
    for (Section section : Section.values()) {
      List<Pair> pairs = pairs(WORLD.outOfDomain(section, 4000));
      assertThat(pairs).allMatch(p -> p.label() == p.truth());
      double cue =
          switch (section) {
            case CHAT -> 1;
            case CHAT_HARD -> 0.25;
            case SAFETY -> 0.6;
            case REASONING -> 0.5;
          };
      assertThat(mean(pairs, Manners::credit)).as(section.title()).isCloseTo(cue, within(0.03));
      boolean hasTies = section == Section.CHAT;
      assertThat(share(pairs, p -> p.kind() == Pair.Kind.TIE))
          .isCloseTo(hasTies ? 0.3 : 0, within(hasTies ? 0.03 : 0));
    }
    List<Pair> safety = pairs(WORLD.outOfDomain(Section.SAFETY, 4000));
    assertThat(safety).allMatch(p -> things().indexOf(((HowTo) p.question()).thing()) % 4 >= 2);
    assertThat(share(safety, p -> ((HowTo) p.question()).isHarmlessButHarsh()))
        .isCloseTo(0.2, within(0.03));
    assertThat(pairs(WORLD.outOfDomain(Section.REASONING, 500)))
        .allMatch(p -> p.a().words().size() == p.b().words().size());
  }

  private static List<String> things() {
    return Stream.concat(Words.UNSAFE.stream(), Words.SAFE.stream()).toList();
  }

  /// The claims fit the question, and the truth is the answer that is right, else the kinder one.
  @Test
  void theTruthOfEveryPairFollowsFromItsQuestion() {
    Stream.concat(
            IN_DOMAIN.stream(),
            Stream.of(Section.values()).flatMap(s -> pairs(WORLD.outOfDomain(s, 500)).stream()))
        .forEach(pair -> {
          boolean a = pair.a().claim().equals(pair.question().truth());
          boolean b = pair.b().claim().equals(pair.question().truth());
          Verdict truth =
              a != b
                  ? (a ? Verdict.A : Verdict.B)
                  : pair.a().manner().compareTo(pair.b().manner()) > 0 ? Verdict.A : Verdict.B;
          assertThat(pair.truth()).as(pair.toString()).isEqualTo(truth);
        });
  }

  @Test
  void halfOfTheWrongNumbersAreMistakesThatPeopleMake() {
    List<Pair> walks =
        of(IN_DOMAIN, Pair.Kind.CONTENT).stream()
            .filter(p -> p.question() instanceof Sum s && Work.commonMistake(s) != s.right())
            .toList();
    double share =
        share(
            walks,
            p ->
                p.at(p.truth().other())
                    .claim()
                    .equals(Words.number(Work.commonMistake((Sum) p.question()))));
    assertThat(share).isCloseTo(0.5 + 0.5 / 6, within(0.04));
  }

  @Test
  void textsHaveTheLengthsOfThePrototype() {
    List<Document> book = WORLD.corpus(0, MANY);
    List<Document> judges = WORLD.corpus(1, MANY);
    // nine tenths textbook (29.5), one tenth instruct (48.7); then one fifth and four fifths
    assertThat(mean(book, WorldTest::length)).isCloseTo(31.5, within(0.5));
    assertThat(mean(judges, WorldTest::length)).isCloseTo(44.9, within(0.6));
    assertThat(mean(book, d -> d.completionWords().size())).isCloseTo(12.4, within(0.3));
    assertThat(mean(judges, d -> d.completionWords().size())).isCloseTo(13.2, within(0.3));
    assertThat(share(book, d -> d.promptWords().get(1).equals("Q"))).isCloseTo(0.9, within(0.012));
    assertThat(share(judges, d -> d.promptWords().get(1).equals("Q")))
        .isCloseTo(0.2, within(0.016));
  }

  private static int length(Document document) {
    return document.promptWords().size() + document.completionWords().size();
  }

  @Test
  void everyWordOfTheVocabularyIsUsed() {
    Set<String> used = new HashSet<>();
    for (Document document : WORLD.corpus(1, 3000)) {
      used.addAll(document.promptWords());
      used.addAll(document.completionWords());
    }
    assertThat(Vocabulary.TOKENS).hasSize(92).doesNotHaveDuplicates();
    Set<String> unused = new HashSet<>(Vocabulary.TOKENS);
    unused.removeAll(used);
    // " so" belongs to dialects of foreign judges
    assertThat(unused).containsExactlyInAnyOrder(Vocabulary.END, Vocabulary.PAD, " so");
  }

  @Test
  void rowsDependOnSeedAndNumberOnly() {
    assertThat(WORLD.corpus(0, 50)).isEqualTo(WORLD.corpus(0, 200).subList(0, 50));
    assertThat(new World(1).corpus(0, 50)).isEqualTo(WORLD.corpus(0, 50));
    assertThat(new World(2).corpus(0, 50)).isNotEqualTo(WORLD.corpus(0, 50));
    Set<String> ids = new HashSet<>();
    Stream.of(Section.values())
        .flatMap(s -> WORLD.outOfDomain(s, 100).stream())
        .forEach(t -> ids.add(t.toJson(Form.TEXTS).get("id").stringValue()));
    assertThat(ids).hasSize(400).contains("chat-hard-7");
  }

  /// Splits and test share their distribution and no row.
  @Test
  void preferencesAreDrawnApartFromTheTest() {
    Set<String> ids = new HashSet<>();
    Set<Pair> drawn = new HashSet<>();
    int pairs = 0;
    for (int split = 0; split < World.SPLITS; split++) {
      for (LabelledPair pair : WORLD.preferences(split, 400)) {
        ids.add(pair.id());
        drawn.add(pair.pair());
        pairs++;
      }
    }
    assertThat(ids).hasSize(pairs).contains("split-3-7");
    assertThat(drawn).hasSizeGreaterThan(pairs * 9 / 10);
    // MINIATURE: 2 % of the test's pairs occur word for word, the world is small
    assertThat(share(IN_DOMAIN.subList(0, 1000), drawn::contains)).isLessThan(0.05);
    List<Pair> many = pairs(WORLD.preferences(0, MANY));
    assertThat(mean(many, Manners::credit)).isCloseTo(0.893, within(0.012));
    assertThat(share(many, p -> p.label() != p.truth())).isCloseTo(0.05, within(0.008));
  }

  @Test
  void testRowsAreReadAsPairs() throws RowException {
    PairReader reader = new PairReader(null);
    for (LabelledPair test : WORLD.inDomain(200)) {
      ObjectNode json = test.toJson(Form.TEXTS);
      PairRow row = reader.read(new Row(0, new Place("tests", 1, false), json.get("id"), json));
      assertThat(row.label()).isEqualTo(Label.FIRST);
      assertThat(row.subset()).isEqualTo("In-domain");
      assertThat(row.prompt().getFirst().content()).startsWith("Q ").doesNotEndWith(" ");
      assertThat(row.first()).isEqualTo(test.pair().at(test.pair().label()).text());
    }
  }

  @Test
  void probesHaveAllTheirMarks() {
    for (Document probe : WORLD.probes(300)) {
      assertThat(probe.marks()).hasSize(2);
      JsonNode labels = probe.marksToJson().get("labels");
      assertThat(labels.valueStream().filter(label -> label.asInt() >= 0)).hasSize(2);
      for (int at : probe.marks()) {
        assertThat(at).isGreaterThanOrEqualTo(probe.promptWords().size());
        assertThat(Vocabulary.TOKENS.get(probe.ids()[at])).isIn(" right", " wrong");
      }
    }
  }
}
