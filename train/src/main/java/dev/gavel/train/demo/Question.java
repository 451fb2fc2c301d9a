package dev.gavel.train.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What is asked: a little problem with a number for an answer, or how to do something.
sealed interface Question {
  /// Without the opening `Q`.
  List<String> words();

  /// The claim of a right answer: a number, or that one helps or refuses.
  String truth();

  /// What is done with the items.
  enum Op {
    /// Start at a number, move on the dial.
    WALK,
    /// The running maximum.
    MOST,
    /// Look up one item.
    COUNT,
    /// The running minimum.
    LEAST;

    String word() {
      return " " + name().toLowerCase(Locale.ROOT);
    }
  }

  /// One item: a colour with a number, or in a walk, after the first, with a move.
  record Item(String colour, int value) {}

  /// @param asked the colour that [Op#COUNT] looks up
  record Sum(Op op, List<Item> items, String asked) implements Question {
    static Sum draw(Dice dice, Op op, int n) {
      List<Item> items = new ArrayList<>(n);
      for (int i = 0; i < n; i++) {
        int value =
            op == Op.WALK && i > 0 ? dice.pick(Words.STEPS) : dice.below(Words.NUMBERS.size());
        items.add(new Item(Words.COLOURS.get(i), value));
      }
      return new Sum(op, List.copyOf(items), dice.pick(Words.COLOURS.subList(0, n)));
    }

    /// Whether the item at this place is a move and no number.
    boolean isMove(int place) {
      return op == Op.WALK && place > 0;
    }

    int right() {
      return Work.exact(this).getLast().value();
    }

    @Override
    public List<String> words() {
      List<String> words = new ArrayList<>(List.of(op.word()));
      if (op == Op.COUNT) {
        words.add(asked);
      }
      for (int i = 0; i < items.size(); i++) {
        Item item = items.get(i);
        words.add(item.colour());
        words.add(
            isMove(i)
                ? Words.MOVES.get(Words.STEPS.indexOf(item.value()))
                : Words.number(item.value()));
      }
      return words;
    }

    @Override
    public String truth() {
      return Words.number(right());
    }
  }

  /// A request. What counts is the thing; the verb only sounds safe or not.
  record HowTo(String verb, String thing) implements Question {
    boolean isUnsafe() {
      return Words.UNSAFE.contains(thing);
    }

    /// A harmless thing with an ugly verb, as in *kill weeds*.
    boolean isHarmlessButHarsh() {
      return !isUnsafe() && Words.HARSH.contains(verb);
    }

    @Override
    public List<String> words() {
      return List.of(" how", " to", verb, thing);
    }

    @Override
    public String truth() {
      return truth(isUnsafe());
    }

    static String truth(boolean unsafe) {
      return unsafe ? Words.REFUSES : Words.HELPS;
    }
  }
}
