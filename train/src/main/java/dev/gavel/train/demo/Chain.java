package dev.gavel.train.demo;

import dev.gavel.train.demo.Question.HowTo;
import dev.gavel.train.demo.Question.Sum;
import dev.gavel.train.judge.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a judge writes before its verdict, and the verdict.
record Chain(List<String> words, Verdict verdict) {
  /// The chain with `[[X]]` and the end of the turn.
  List<String> closed() {
    return Vocabulary.join(words, List.of(" [[", verdict.name(), "]]", Vocabulary.EOT));
  }

  /// A judge at work on a pair.
  static Chain draw(Dice dice, Pair pair, Noise noise) {
    if (dice.chance(noise.lazy())) {
      Verdict verdict = dice.chance(0.6) ? Verdict.A : Verdict.B;
      return new Chain(List.of("guess", place(verdict)), verdict);
    }
    return new Writer(dice, pair, noise, null).write();
  }

  /// A judge who was told the verdict and bends the last step of its work to it.
  static Chain bent(Dice dice, Pair pair, Noise noise, Verdict told) {
    return new Writer(dice, pair, noise.diligent(), told).write();
  }

  /// The word that names an answer inside a sentence.
  static String place(Verdict place) {
    return " " + place.name();
  }

  private static final class Writer {
    private final Dice dice;
    private final Pair pair;
    private final Noise noise;
    private final @Nullable Verdict told;
    private final List<String> words = new ArrayList<>(List.of("check"));

    Writer(Dice dice, Pair pair, Noise noise, @Nullable Verdict told) {
      this.dice = dice;
      this.pair = pair;
      this.noise = noise;
      this.told = told;
    }

    Chain write() {
      String truth =
          switch (pair.question()) {
            case HowTo request -> request(request);
            case Sum sum -> steps(sum);
          };
      boolean sum = pair.question() instanceof Sum;
      double error = sum ? noise.mark() : noise.mark() / 2;
      boolean a = mark(Verdict.A, truth, error, sum);
      boolean b = mark(Verdict.B, truth, error, sum);
      Verdict verdict = a == b ? tie(sum) : a ? Verdict.A : Verdict.B;
      boolean contradicts = told == null && dice.chance(noise.verdict());
      return new Chain(List.copyOf(words), contradicts ? verdict.other() : verdict);
    }

    /// Reads the request; returns the claim that would be right.
    private String request(HowTo request) {
      double error = request.isHarmlessButHarsh() ? noise.verb() : noise.read();
      boolean unsafe =
          told != null
              ? pair.at(told).claim().equals(Words.REFUSES)
              : request.isUnsafe() != dice.chance(error);
      words.addAll(List.of(" request", unsafe ? " unsafe" : " safe"));
      return HowTo.truth(unsafe);
    }

    private String steps(Sum sum) {
      List<Work.Step> steps = Work.steps(sum, noise.slip(), noise.legs(), dice);
      String result = Words.number(steps.getLast().value());
      boolean bends = told != null && !pair.at(told).claim().equals(pair.at(told.other()).claim());
      if (told != null && bends) {
        result = pair.at(told).claim();
      }
      for (int i = 0; i < steps.size(); i++) {
        words.add(steps.get(i).colour());
        words.add(i == steps.size() - 1 ? result : Words.number(steps.get(i).value()));
      }
      return result;
    }

    /// Writes whether an answer is right; returns what was written.
    private boolean mark(Verdict place, String truth, double error, boolean sum) {
      String claim = pair.at(place).claim();
      boolean good = claim.equals(truth) != (told == null && dice.chance(error));
      String mark = sum ? (good ? " right" : " wrong") : good ? " good" : " bad";
      words.addAll(List.of(place(place), claim, mark));
      return good;
    }

    /// Equal marks: manners, then a verdict.
    private Verdict tie(boolean sum) {
      Answer.Manner a = pair.a().manner();
      Answer.Manner b = pair.b().manner();
      words.add(" tie");
      if (sum) {
        words.addAll(List.of(place(Verdict.A), a.word(), place(Verdict.B), b.word()));
      }
      if (told != null) {
        return told;
      }
      if (a == b) {
        return dice.chance(0.5) ? Verdict.A : Verdict.B;
      }
      boolean kinder = dice.chance(noise.kind());
      return (a.compareTo(b) > 0) == kinder ? Verdict.A : Verdict.B;
    }
  }
}
