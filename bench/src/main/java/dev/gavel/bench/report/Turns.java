package dev.gavel.bench.report;

import dev.gavel.bench.peer.Peer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Answers of several sides that took turns: whatever slows the machine down slows all of them.
///
/// @param answers one list of turns for each side, in the order of the sides
record Turns(List<List<JsonNode>> answers) {
  /// Who is asked for what.
  record Side(Peer peer, ObjectNode request) {}

  /// Asks every side once in each turn; every other turn goes backwards, so that none always comes
  /// after the same neighbour.
  static Turns take(int turns, List<Side> sides) throws IOException {
    List<List<JsonNode>> answers = new ArrayList<>();
    sides.forEach(_ -> answers.add(new ArrayList<>()));
    for (int t = 0; t < turns; t++) {
      for (int i = 0; i < sides.size(); i++) {
        int s = t % 2 == 0 ? i : sides.size() - 1 - i;
        answers.get(s).add(sides.get(s).peer.ask(sides.get(s).request));
      }
    }
    return new Turns(answers);
  }

  /// A figure of one side, turn by turn.
  Series of(int side, String key) {
    return Series.of(answers.get(side).stream().map(a -> number(a, key)).toList());
  }

  /// The ratio of a figure of one side to that of another, turn by turn.
  Series ratio(int side, int other, String key) {
    return ratio(side, other, a -> number(a, key), a -> number(a, key));
  }

  Series ratio(int side, int other, ToDoubleFunction<JsonNode> of, ToDoubleFunction<JsonNode> to) {
    List<Double> ratios = new ArrayList<>();
    for (int t = 0; t < answers.get(side).size(); t++) {
      ratios.add(
          of.applyAsDouble(answers.get(side).get(t)) / to.applyAsDouble(answers.get(other).get(t)));
    }
    return Series.of(ratios);
  }

  JsonNode first(int side) {
    return answers.get(side).getFirst();
  }

  JsonNode last(int side) {
    return answers.get(side).getLast();
  }

  static double number(JsonNode answer, String key) {
    JsonNode value = answer.path(key);
    if (!value.isNumber()) {
      throw new IllegalStateException("no '%s' in %s".formatted(key, answer));
    }
    return value.asDouble();
  }
}
