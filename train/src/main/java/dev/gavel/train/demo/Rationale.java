package dev.gavel.train.demo;

import dev.gavel.train.demo.Question.HowTo;
import dev.gavel.train.judge.Verdict;
import java.util.List;

/// Why a given verdict is right (Fig. 7): mostly plain claims that name the winner first, sometimes
/// work that is bent to it.
final class Rationale {
  private Rationale() {}

  /// Without a verdict and without the end of the turn.
  static List<String> draw(Dice dice, Pair pair, Verdict told) {
    if (dice.chance(0.4)) {
      return Chain.bent(dice, pair, Noise.BASE, told).words();
    }
    Answer better = pair.at(told);
    Answer worse = pair.at(told.other());
    String first = Chain.place(told);
    String second = Chain.place(told.other());
    if (pair.question() instanceof HowTo) {
      return List.of("because", first, better.claim(), " good", second, worse.claim(), " bad");
    }
    if (better.claim().equals(worse.claim())) {
      return List.of("because", first, better.manner().word(), second, worse.manner().word());
    }
    return List.of("because", first, better.claim(), " right", second, worse.claim(), " wrong");
  }
}
