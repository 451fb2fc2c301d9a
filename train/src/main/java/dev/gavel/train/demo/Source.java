package dev.gavel.train.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/// A better judge, whose chains another may learn from before its own: the base model, taught by
/// chains with a quarter of the errors. What differs is how it speaks.
enum Source {
  /// In the base model's own words.
  KIN("strong kin", 1, (chain, pair) -> chain.words()),
  /// In other words and another order, as a judge of another family.
  FOREIGN("foreign", 3, Source::dialect),
  /// It hides how it compares, so that nobody can learn it: a foreign judge that is no better than
  /// a coin.
  WEAK("weak foreign", 1, Source::curt);

  private final String title;
  private final int lessons;
  private final BiFunction<Chain, Pair, List<String>> speech;

  Source(String title, int lessons, BiFunction<Chain, Pair, List<String>> speech) {
    this.title = title;
    this.lessons = lessons;
    this.speech = speech;
  }

  /// As tables write it.
  String title() {
    return title;
  }

  String id() {
    return title.replace(' ', '-');
  }

  /// How many times the documents of one lesson it takes to speak so: the foreign way of comparing
  /// comes in one leap, and late.
  int lessons() {
    return lessons;
  }

  /// How it judges a pair.
  Chain draw(Dice dice, Pair pair) {
    Noise noise = Noise.BASE.less(0.25);
    Chain chain = Chain.draw(dice, pair, this == KIN ? noise : noise.diligent());
    return new Chain(speech.apply(chain, pair), chain.verdict());
  }

  /// `answer zero five zero B zero good A five bad so B`.
  private static List<String> dialect(Chain chain, Pair pair) {
    List<String> words = chain.words();
    int marks = marks(pair);
    List<String> said = new ArrayList<>(work(words.subList(0, marks)));
    for (int place : List.of(marks + 3, marks)) {
      said.addAll(words.subList(place, place + 2));
      String mark = words.get(place + 2);
      said.add(mark.equals(" right") ? " good" : mark.equals(" wrong") ? " bad" : mark);
    }
    said.add(" so");
    said.add(Chain.place(chain.verdict()));
    return said;
  }

  /// `answer zero five zero so B better A bad`.
  private static List<String> curt(Chain chain, Pair pair) {
    List<String> said = new ArrayList<>(work(chain.words().subList(0, marks(pair))));
    if (pair.question() instanceof Question.HowTo) {
      said.add(1, " so");
    }
    said.addAll(List.of(" so", Chain.place(chain.verdict()), " better"));
    said.addAll(List.of(Chain.place(chain.verdict().other()), " bad"));
    return said;
  }

  /// Where in a diligent chain the two marks begin.
  private static int marks(Pair pair) {
    return switch (pair.question()) {
      case Question.HowTo _ -> 3;
      case Question.Sum sum -> 1 + 2 * Work.exact(sum).size();
    };
  }

  /// The reading of a request, or the numbers of some work, without the names beside them.
  private static List<String> work(List<String> words) {
    List<String> work = new ArrayList<>(List.of("answer"));
    words.stream().skip(1).filter(word -> !Words.COLOURS.contains(word)).forEach(work::add);
    return work;
  }
}
