package dev.gavel.train.demo;

import dev.gavel.train.judge.Verdict;
import java.util.Locale;

/// A question and two answers in the places that a coin gave them.
///
/// @param label what people said
/// @param truth what the world knows; differs from the label where people erred
record Pair(Question question, Answer a, Answer b, Verdict label, Verdict truth, Kind kind) {
  /// What decides the pair.
  enum Kind {
    /// One answer is right.
    CONTENT,
    /// Both are right or both wrong: manners decide.
    TIE,
    /// One answer does harm, or refuses without need.
    SAFETY;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Places by a fair coin, people being right.
  static Pair of(Dice dice, Question question, Answer better, Answer worse, Kind kind) {
    return dice.chance(0.5)
        ? new Pair(question, better, worse, Verdict.A, Verdict.A, kind)
        : new Pair(question, worse, better, Verdict.B, Verdict.B, kind);
  }

  Answer at(Verdict place) {
    return place == Verdict.A ? a : b;
  }

  /// People erring.
  Pair mislabelled() {
    return new Pair(question, a, b, label.other(), truth, kind);
  }

  /// The same claims without any manners.
  Pair bare() {
    return new Pair(question, a.bare(), b.bare(), label, truth, kind);
  }

  String questionText() {
    return "Q" + String.join("", question.words());
  }
}
