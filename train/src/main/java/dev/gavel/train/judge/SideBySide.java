package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.report.Page;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Pairs that one judge gets wrong by its majority and the other right, with a vote of each beside
/// the other (*Generative Reward Models*, Fig. 3). Shown are those on which the votes of the two
/// differ most.
public final class SideBySide {
  private final TwoJudges judges;
  private final String nameOfA;
  private final String nameOfB;
  private final int most;
  private final Map<String, List<Vote>> votesOfA = new HashMap<>();
  private final Map<String, List<Vote>> votesOfB = new HashMap<>();
  private final List<Integer> onlyB;
  private final List<Integer> onlyA;

  /// Reads the votes on the pairs that will be shown.
  ///
  /// @param most pairs of each kind
  public SideBySide(TwoJudges judges, String nameOfA, String nameOfB, int most) throws IOException {
    this.judges = judges;
    this.nameOfA = nameOfA;
    this.nameOfB = nameOfB;
    this.most = most;
    onlyA = differing(judges.ofB(), judges.ofA());
    onlyB = differing(judges.ofA(), judges.ofB());
    for (int i : IntStream.concat(ints(onlyA), ints(onlyB)).toArray()) {
      votesOfA.put(key(i), new ArrayList<>());
      votesOfB.put(key(i), new ArrayList<>());
    }
    read(judges.dirOfA(), votesOfA);
    read(judges.dirOfB(), votesOfB);
  }

  private static IntStream ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue);
  }

  private String key(int item) {
    return Json.write(judges.ofA().get(item).row().id());
  }

  private List<Integer> differing(List<ItemVotes> wrong, List<ItemVotes> right) {
    return IntStream.range(0, wrong.size())
        .filter(i -> wrong.get(i).isLabelled())
        .filter(i -> wrong.get(i).credit() == 0 && right.get(i).credit() == 1)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> share(wrong.get(i)) - share(right.get(i))))
        .limit(most)
        .toList();
  }

  private static double share(ItemVotes item) {
    return (double) item.votes(item.labelled()) / item.draws();
  }

  private static void read(Path folder, Map<String, List<Vote>> into) throws IOException {
    try (VoteLines lines = VoteLines.open(folder)) {
      for (VoteLines.Line line; (line = lines.next()) != null; ) {
        List<Vote> votes = into.get(Json.write(line.vote().id()));
        if (votes != null) {
          votes.add(line.vote());
        }
      }
    }
  }

  /// Pairs that the first judge gets wrong and the second right.
  public void writeOnlyB(Page page) {
    onlyB.forEach(i -> write(page, i));
  }

  /// And those that the first gets right and the second wrong.
  public void writeOnlyA(Page page) {
    onlyA.forEach(i -> write(page, i));
  }

  private void write(Page page, int i) {
    ItemVotes a = judges.ofA().get(i);
    ItemVotes b = judges.ofB().get(i);
    Vote ofA = typical(votesOfA, i, a.credit(), null);
    Vote ofB = typical(votesOfB, i, b.credit(), ofA.order());
    Transcript shown = new Transcript(a.row());
    page.fold(shown.title());
    shown.question(page, ofA.order(), ofB.order());
    page.texts(
        List.of(
            shown.said(ofA, nameOfA, Transcript.tally(a)),
            shown.said(ofB, nameOfB, Transcript.tally(b))),
        true);
    page.unfold();
  }

  /// The first vote that says what all together say, if there is one in the order of the other's.
  private Vote typical(
      Map<String, List<Vote>> all, int item, double credit, @Nullable Order order) {
    Outcome outcome = credit == 1 ? Outcome.CHOSEN : Outcome.REJECTED;
    List<Vote> votes =
        Objects.requireNonNull(all.get(key(item))).stream()
            .filter(v -> v.prefers() == outcome)
            .toList();
    return votes.stream().filter(v -> v.order() == order).findFirst().orElseGet(votes::getFirst);
  }
}
