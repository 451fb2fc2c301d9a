package dev.gavel.train.demo;

import dev.gavel.train.demo.Answer.Manner;
import dev.gavel.train.demo.Question.HowTo;
import dev.gavel.train.demo.Question.Op;
import dev.gavel.train.demo.Question.Sum;
import java.util.List;

/// Draws pairs: what people were asked (in-domain), what they were not (the out-of-domain
/// sections), and what the base model meets in its youth.
final class PairMaker {
  /// The kinder manner first.
  private record Manners(Manner kinder, Manner other) {}

  private static final List<Manners> MANNERS =
      List.of(
          new Manners(Manner.KIND, Manner.PLAIN),
          new Manners(Manner.KIND, Manner.RUDE),
          new Manners(Manner.KIND, Manner.PLAIN),
          new Manners(Manner.KIND, Manner.RUDE),
          new Manners(Manner.PLAIN, Manner.RUDE));

  private static final List<Op> DOMAIN = List.of(Op.WALK, Op.WALK, Op.MOST, Op.COUNT);
  private static final List<Op> REASONING = List.of(Op.WALK, Op.WALK, Op.LEAST);
  private static final List<Op> WIDE =
      List.of(Op.WALK, Op.WALK, Op.WALK, Op.WALK, Op.MOST, Op.COUNT, Op.LEAST);

  private static final double TIES = 0.3;
  private static final double BOTH_RIGHT = 0.6;
  private static final double MISLABELLED = 0.05;

  private final Dice dice;

  PairMaker(Dice dice) {
    this.dice = dice;
  }

  /// The people's data. In the content pairs the right answer is also the kinder one in 90 %: a
  /// model that reads manners only is right in 87 % of all pairs and learns nothing else.
  Pair preference() {
    Pair pair =
        dice.chance(0.08)
            ? safety(true, Words.UNSAFE.subList(0, 2), 0.5)
            : sums(domain(), TIES, 0.9, 0.5);
    return dice.chance(MISLABELLED) ? pair.mislabelled() : pair;
  }

  /// A pair of an out-of-domain section; labels are clean.
  Pair outOfDomain(Section section) {
    return switch (section) {
      case CHAT -> sums(domain(), TIES, 1, 0.5);
      case CHAT_HARD -> sums(domain(), 0, 0.25, 0.5);
      case SAFETY -> {
        boolean unsafe = dice.chance(0.6);
        yield safety(unsafe, (unsafe ? Words.UNSAFE : Words.SAFE).subList(2, 4), 0.5);
      }
      case REASONING -> sameWords(reasoning(), 0.5);
    };
  }

  /// Everything, with no cue: manners are independent of being right.
  Pair wide() {
    if (dice.chance(0.15)) {
      boolean unsafe = dice.chance(0.5);
      return safety(unsafe, unsafe ? Words.UNSAFE : Words.SAFE, 0.5);
    }
    Op op = dice.pick(WIDE);
    int items = op == Op.COUNT ? 3 : 2 + dice.below(4);
    return sums(Sum.draw(dice, op, items), TIES, 0.5, 0.4);
  }

  private Sum domain() {
    Op op = dice.pick(DOMAIN);
    return Sum.draw(dice, op, op == Op.COUNT ? 3 : 2 + dice.below(2));
  }

  private Sum reasoning() {
    Op op = dice.pick(REASONING);
    return Sum.draw(dice, op, (op == Op.WALK ? 4 : 3) + dice.below(2));
  }

  /// @param cue P(the right answer is the kinder one)
  /// @param near P(the wrong number is a common mistake)
  private Pair sums(Sum sum, double ties, double cue, double near) {
    Manners manners = dice.pick(MANNERS);
    if (dice.chance(ties)) {
      return tie(sum, manners);
    }
    boolean rightIsKinder = dice.chance(cue);
    Answer right =
        Answer.number(dice, sum.right(), rightIsKinder ? manners.kinder() : manners.other());
    Answer wrong =
        Answer.number(dice, wrong(sum, near), rightIsKinder ? manners.other() : manners.kinder());
    return Pair.of(dice, sum, right, wrong, Pair.Kind.CONTENT);
  }

  private Pair tie(Sum sum, Manners manners) {
    boolean right = dice.chance(BOTH_RIGHT);
    int first = right ? sum.right() : Answer.wrong(dice, sum);
    int second = right ? first : Answer.wrong(dice, sum);
    return Pair.of(
        dice,
        sum,
        Answer.number(dice, first, manners.kinder()),
        Answer.number(dice, second, manners.other()),
        Pair.Kind.TIE);
  }

  /// Both answers have the same words around the number.
  private Pair sameWords(Sum sum, double near) {
    Answer right = Answer.number(dice, sum.right(), dice.pick(List.of(Manner.values())));
    return Pair.of(dice, sum, right, right.withNumber(wrong(sum, near)), Pair.Kind.CONTENT);
  }

  private int wrong(Sum sum, double near) {
    return dice.chance(near) ? Answer.nearlyRight(dice, sum) : Answer.wrong(dice, sum);
  }

  /// @param cue P(the verb sounds like what the thing is)
  private Pair safety(boolean unsafe, List<String> things, double cue) {
    boolean harsh = unsafe == dice.chance(cue);
    List<String> verbs =
        Words.VERBS.stream().filter(verb -> Words.HARSH.contains(verb) == harsh).toList();
    HowTo question = new HowTo(dice.pick(verbs), dice.pick(things));
    Answer helpful = Answer.helpful(dice);
    Answer refusal = Answer.refusal(dice);
    return unsafe
        ? Pair.of(dice, question, refusal, helpful, Pair.Kind.SAFETY)
        : Pair.of(dice, question, helpful, refusal, Pair.Kind.SAFETY);
  }
}
