package dev.gavel.train.demo;

import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.eval.JudgeTally;
import dev.gavel.train.judge.Evidence;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Vote;
import dev.gavel.train.judge.VotesFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/// A test pair with all that the judge said about it.
///
/// @param count the draws, counted
/// @param votes the draws, in their order
record Judged(LabelledPair pair, ItemVotes count, List<Vote> votes) {

  /// Reads a judged folder back.
  ///
  /// @param dataset the files that were judged
  /// @param pairs what stands in them, in the same order
  static List<Judged> read(Path folder, List<Path> dataset, List<LabelledPair> pairs)
      throws IOException {
    List<PairRow> rows = new PairReader(null).readAll(dataset);
    if (rows.size() != pairs.size()) {
      throw new IllegalStateException(
          "%s hold %d pairs, expected %d; they were changed: choose another --output_dir"
              .formatted(dataset, rows.size(), pairs.size()));
    }
    JudgeTally tally = new JudgeTally(rows);
    Map<String, List<Vote>> votes = new HashMap<>();
    VotesFile.read(
        folder,
        vote -> {
          tally.add(vote);
          votes.computeIfAbsent(vote.id().stringValue(), id -> new ArrayList<>()).add(vote);
        });
    List<Judged> judged = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      List<Vote> own = Objects.requireNonNull(votes.get(pairs.get(i).id()));
      judged.add(new Judged(pairs.get(i), tally.items().get(i), own));
    }
    return judged;
  }

  /// Maj@1, Maj@2 … of this pair.
  double[] curve() {
    return Objects.requireNonNull(count.curve(), "every pair of the miniature has a label");
  }

  /// What all draws together are worth: 1, ½ or 0.
  double credit() {
    double[] curve = curve();
    return curve[curve.length - 1];
  }

  /// Whether the draws are votes, and not what was measured in one order or both.
  boolean isVoted() {
    return votes.getFirst().evidence() instanceof Evidence.Text;
  }

  boolean isReadable() {
    return count.unread() < count.draws();
  }

  static List<Judged> of(List<Judged> all, Predicate<LabelledPair> which) {
    return all.stream().filter(j -> which.test(j.pair)).toList();
  }
}
