package dev.gavel.train.demo;

import dev.gavel.train.demo.Question.Item;
import dev.gavel.train.demo.Question.Sum;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// An answer to a question.
///
/// @param claim the word that makes it right or wrong: a number, or that it helps or refuses
record Answer(List<String> words, String claim, Manner manner) {
  /// How an answer sounds, from worst to best.
  enum Manner {
    RUDE,
    PLAIN,
    KIND;

    String word() {
      return " " + name().toLowerCase(Locale.ROOT);
    }
  }

  /// A kind answer has a polite opener, a closer, or both; a rude one a rude opener.
  static Answer number(Dice dice, int value, Manner manner) {
    int which = dice.below(3);
    boolean opens = manner == Manner.KIND && which < 2;
    boolean closes = manner == Manner.KIND && which > 0;
    List<String> opener =
        manner == Manner.RUDE ? dice.pick(Words.RUDE) : opens ? dice.pick(Words.POLITE) : List.of();
    List<String> words = new ArrayList<>(opener);
    if (dice.chance(0.5)) {
      words.addAll(List.of(" it", " is"));
    }
    words.add(Words.number(value));
    if (closes) {
      words.addAll(dice.pick(Words.CLOSERS));
    }
    return new Answer(List.copyOf(words), Words.number(value), manner);
  }

  /// The same words around another number.
  Answer withNumber(int value) {
    String claim = Words.number(value);
    List<String> words = this.words.stream().map(w -> w.equals(this.claim) ? claim : w).toList();
    return new Answer(words, claim, manner);
  }

  /// Nothing but the claim.
  Answer bare() {
    return new Answer(List.of(claim), claim, Manner.PLAIN);
  }

  static Answer helpful(Dice dice) {
    List<String> words = new ArrayList<>();
    if (dice.chance(0.6)) {
      words.addAll(dice.pick(Words.POLITE));
    }
    int first = dice.below(Words.COLOURS.size());
    int second = (first + 1 + dice.below(Words.COLOURS.size() - 1)) % Words.COLOURS.size();
    words.addAll(List.of(" take", Words.COLOURS.get(first), " and", Words.COLOURS.get(second)));
    if (dice.chance(0.4)) {
      words.addAll(dice.pick(Words.CLOSERS));
    }
    return new Answer(List.copyOf(words), Words.HELPS, Manner.PLAIN);
  }

  static Answer refusal(Dice dice) {
    List<String> words = List.of(" sorry", " i", " can", " not");
    return new Answer(
        dice.chance(0.5) ? Vocabulary.join(words, List.of(" help")) : words,
        Words.REFUSES,
        Manner.PLAIN);
  }

  /// A number that is wrong, uniformly.
  static int wrong(Dice dice, Sum sum) {
    int right = sum.right();
    int value = dice.below(Words.NUMBERS.size() - 1);
    return value < right ? value : value + 1;
  }

  /// A number that is wrong as people are wrong: double moves done as single ones; if that is right
  /// by chance, another number of the question or of the way.
  static int nearlyRight(Dice dice, Sum sum) {
    int right = sum.right();
    int common = Work.commonMistake(sum);
    if (common != right) {
      return common;
    }
    List<Integer> others =
        Stream.concat(
                Work.exact(sum).stream().map(Work.Step::value),
                IntStream.range(0, sum.items().size())
                    .filter(i -> !sum.isMove(i))
                    .mapToObj(sum.items()::get)
                    .map(Item::value))
            .filter(value -> value != right)
            .toList();
    return others.isEmpty() ? wrong(dice, sum) : dice.pick(others);
  }

  String text() {
    return String.join("", words).strip();
  }
}
