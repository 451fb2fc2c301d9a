package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.eval.Agreement;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.eval.Turns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Two judged folders, and the items that both have judged.
public record TwoJudges(JudgedFolder a, JudgedFolder b, CommonItems common) {
  /// Counts the votes of both.
  ///
  /// @throws FormatException where they have no item in common, or an id is of two pairs
  public static TwoJudges open(Path dirOfA, Path dirOfB) throws IOException {
    JudgedFolder a = JudgedFolder.open(dirOfA);
    JudgedFolder b = JudgedFolder.open(dirOfB);
    CommonItems common = CommonItems.of(a.items(), b.items());
    CommonItems.Conflict conflict = common.conflict();
    if (conflict != null) {
      throw new FormatException(
          "item %s of %s is another pair than item %s of %s; compare two judges of the same data"
              .formatted(conflict.a().id(), a.dir(), conflict.b().id(), b.dir()));
    }
    if (common.size() == 0) {
      throw new FormatException(
          "%s and %s have no item in common (ids as %s and %s)"
              .formatted(a.dir(), b.dir(), a.pairs().getFirst().id(), b.pairs().getFirst().id()));
    }
    return new TwoJudges(a, b, common);
  }

  /// The common items with the votes of the first judge.
  public List<ItemVotes> ofA() {
    return common.ofA();
  }

  /// The same items, in the same order, with those of the second.
  public List<ItemVotes> ofB() {
    return common.ofB();
  }

  Path dirOfA() {
    return a.dir();
  }

  Path dirOfB() {
    return b.dir();
  }

  int onlyA() {
    return a.pairs().size() - common.size();
  }

  int onlyB() {
    return b.pairs().size() - common.size();
  }

  public Turns turns() {
    return Turns.of(ofA(), ofB());
  }

  /// How far they say the same, right or wrong.
  public Agreement agreement() {
    return common.agreement();
  }
}
