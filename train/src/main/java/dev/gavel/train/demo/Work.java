package dev.gavel.train.demo;

import dev.gavel.train.demo.Question.Item;
import dev.gavel.train.demo.Question.Op;
import dev.gavel.train.demo.Question.Sum;
import java.util.ArrayList;
import java.util.List;

/// The steps of a computation: after each item, what one has so far.
final class Work {
  /// One step as a chain of thought writes it: the item's colour and the value reached.
  record Step(String colour, int value) {}

  private Work() {}

  static List<Step> exact(Sum sum) {
    return steps(sum, 0, 0, Dice.NONE);
  }

  /// What people get who do each double move as a single one.
  static int commonMistake(Sum sum) {
    return steps(sum, 0, 1, Dice.NONE).getLast().value();
  }

  /// @param slip per step: off by one, or the wrong one of two, or another item
  /// @param legs per double move: done as a single one
  static List<Step> steps(Sum sum, double slip, double legs, Dice dice) {
    if (sum.op() == Op.COUNT) {
      return List.of(new Step(sum.asked(), lookUp(sum, dice.chance(slip), dice)));
    }
    List<Step> steps = new ArrayList<>();
    int value = 0;
    for (int i = 0; i < sum.items().size(); i++) {
      Item item = sum.items().get(i);
      if (i == 0) {
        value = item.value();
      } else if (sum.op() == Op.WALK) {
        value = move(value, item.value(), slip, legs, dice);
      } else {
        boolean larger = (sum.op() == Op.MOST) != dice.chance(slip);
        value = larger ? Math.max(value, item.value()) : Math.min(value, item.value());
      }
      steps.add(new Step(item.colour(), value));
    }
    return steps;
  }

  private static int lookUp(Sum sum, boolean slipped, Dice dice) {
    List<Integer> values =
        sum.items().stream()
            .filter(item -> item.colour().equals(sum.asked()) != slipped)
            .map(Item::value)
            .toList();
    return slipped ? dice.pick(values) : values.getFirst();
  }

  private static int move(int value, int step, double slip, double legs, Dice dice) {
    boolean half = Math.abs(step) == 2 && dice.chance(legs);
    int off = dice.chance(slip) ? 1 : 0;
    return Math.floorMod(value + (half ? step / 2 : step) + off, Words.NUMBERS.size());
  }
}
