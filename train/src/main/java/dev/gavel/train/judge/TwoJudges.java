package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.Agreement;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.eval.Turns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Two judged folders, and the items that both have judged.
public final class TwoJudges {
  private final JudgedFolder a;
  private final JudgedFolder b;
  private final List<ItemVotes> ofA = new ArrayList<>();
  private final List<ItemVotes> ofB = new ArrayList<>();

  private TwoJudges(JudgedFolder a, JudgedFolder b) {
    this.a = a;
    this.b = b;
  }

  /// Counts the votes of both.
  ///
  /// @throws FormatException where they have no item in common, or an id is of two pairs
  public static TwoJudges open(Path a, Path b) throws IOException {
    TwoJudges both = new TwoJudges(JudgedFolder.open(a), JudgedFolder.open(b));
    both.match();
    return both;
  }

  private void match() throws IOException {
    Map<String, ItemVotes> byId = new HashMap<>();
    b.count().tally().items().forEach(item -> byId.put(key(item), item));
    for (ItemVotes item : a.count().tally().items()) {
      ItemVotes other = byId.get(key(item));
      if (other != null) {
        requireSamePair(item.row(), other.row());
        ofA.add(item);
        ofB.add(other);
      }
    }
    if (ofA.isEmpty()) {
      throw new FormatException(
          "%s and %s have no item in common (ids as %s and %s)"
              .formatted(a.dir(), b.dir(), a.pairs().getFirst().id(), b.pairs().getFirst().id()));
    }
  }

  private static String key(ItemVotes item) {
    return Json.write(item.row().id());
  }

  private void requireSamePair(PairRow one, PairRow other) throws FormatException {
    boolean same =
        one.prompt().equals(other.prompt())
            && one.first().equals(other.first())
            && one.second().equals(other.second())
            && one.label() == other.label();
    if (!same) {
      throw new FormatException(
          "item %s of %s is another pair than item %s of %s; compare two judges of the same data"
              .formatted(one.id(), a.dir(), other.id(), b.dir()));
    }
  }

  /// The common items with the votes of the first judge.
  public List<ItemVotes> ofA() {
    return List.copyOf(ofA);
  }

  /// The same items, in the same order, with those of the second.
  public List<ItemVotes> ofB() {
    return List.copyOf(ofB);
  }

  Path dirOfA() {
    return a.dir();
  }

  Path dirOfB() {
    return b.dir();
  }

  int onlyA() {
    return a.pairs().size() - ofA.size();
  }

  int onlyB() {
    return b.pairs().size() - ofB.size();
  }

  public Turns turns() {
    return Turns.of(ofA, ofB);
  }

  /// How far they say the same, right or wrong.
  public Agreement agreement() {
    return Agreement.of(said(ofA), said(ofB));
  }

  private static List<@Nullable Side> said(List<ItemVotes> items) {
    List<@Nullable Side> said = new ArrayList<>();
    items.forEach(item -> said.add(item.preferred()));
    return said;
  }
}
