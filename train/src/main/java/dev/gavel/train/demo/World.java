package dev.gavel.train.demo;

import dev.gavel.tensor.Rng;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/// Everything that is generated: the base model's corpus, the people's preferences and the test.
/// Row i of each is a function of the seed and i alone.
public final class World {
  /// A phase of base training.
  ///
  /// @param documents at full scale
  /// @param batch documents per step
  /// @param textbook the share of textbook documents; the rest is instruction data
  public record Phase(int documents, int batch, double textbook) {}

  /// Short clean texts first, then mostly judges: two phases under one optimizer and one schedule.
  /// Instruction data alone teach so small a model to copy, not to compare.
  public static final List<Phase> PHASES =
      List.of(new Phase(60_000, 48, 0.9), new Phase(27_000, 32, 0.2));

  /// The people's preferences come in so many parts, one for each iteration of a method that has
  /// several; one that has none learns all of them.
  public static final int SPLITS = 3;

  /// Pairs of a split at full scale.
  public static final int PER_SPLIT = 1000;

  /// Test pairs at full scale, in-domain and per out-of-domain section.
  public static final int IN_DOMAIN = 400;

  public static final int PER_SECTION = 120;

  private final long seed;

  public World(long seed) {
    this.seed = seed;
  }

  /// The first documents of a phase of [#PHASES], in the order of the training file.
  public List<Document> corpus(int phase, int documents) {
    double textbook = PHASES.get(phase).textbook();
    return rows(
        "phase " + phase,
        documents,
        dice -> dice.chance(textbook) ? Document.textbook(dice) : Document.instruct(dice));
  }

  /// What makes the base model another, better judge.
  List<Document> lessons(Source source, int documents) {
    return rows("lessons of " + source.id(), documents, dice -> Document.lesson(dice, source));
  }

  /// Clean chains that the corpus does not hold, each with marks (see [Document#marks]).
  public List<Document> probes(int documents) {
    return IntStream.iterate(0, i -> i + 1)
        .mapToObj(i -> Document.textbook(dice("probes", i)))
        .filter(document -> !document.marks().isEmpty())
        .limit(documents)
        .toList();
  }

  /// Pairs to learn from, labelled by people.
  ///
  /// @param split from 0
  public List<LabelledPair> preferences(int split, int pairs) {
    String name = "split-" + (split + 1);
    return pairs(name, "Split " + (split + 1), pairs, PairMaker::preference);
  }

  /// Others like them, for the test.
  public List<LabelledPair> inDomain(int pairs) {
    return pairs("in-domain", "In-domain", pairs, PairMaker::preference);
  }

  /// Pairs of an out-of-domain section, with clean labels.
  public List<LabelledPair> outOfDomain(Section section, int pairs) {
    return pairs(section.id(), section.title(), pairs, maker -> maker.outOfDomain(section));
  }

  private List<LabelledPair> pairs(
      String id, String title, int pairs, Function<PairMaker, Pair> draw) {
    return IntStream.range(0, pairs)
        .mapToObj(
            i -> new LabelledPair(id + "-" + i, title, draw.apply(new PairMaker(dice(id, i)))))
        .toList();
  }

  private <T> List<T> rows(String purpose, int n, Function<Dice, T> draw) {
    return IntStream.range(0, n).mapToObj(i -> draw.apply(dice(purpose, i))).toList();
  }

  private Dice dice(String purpose, int row) {
    return Dice.of(seed, Rng.stream("miniature: " + purpose) + row);
  }
}
