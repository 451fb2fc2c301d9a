package dev.gavel.train.eval;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// On which labelled items two judges are right by all their draws.
///
/// @param onlyA items that the first judge gets right and the second wrong
/// @param undecided items on which either has no majority
public record Turns(int bothRight, int onlyA, int onlyB, int bothWrong, int undecided) {

  /// @param ofB the same rows, in the same order
  public static Turns of(List<ItemVotes> ofA, List<ItemVotes> ofB) {
    int[][] counts = new int[2][2];
    int undecided = 0;
    for (int i = 0; i < ofA.size(); i++) {
      if (!ofA.get(i).isLabelled()) {
        continue;
      }
      double a = ofA.get(i).credit();
      double b = ofB.get(i).credit();
      if (a == 0.5 || b == 0.5) {
        undecided++;
      } else {
        counts[(int) a][(int) b]++;
      }
    }
    return new Turns(counts[1][1], counts[1][0], counts[0][1], counts[0][0], undecided);
  }

  /// As figures of two judges of which neither is the other's origin.
  public void addTo(ObjectNode json) {
    json.put("both_right", bothRight).put("only_a_right", onlyA).put("only_b_right", onlyB);
    json.put("both_wrong", bothWrong).put("undecided", undecided);
  }
}
