package dev.gavel.train.judge;

import dev.gavel.train.eval.JudgeTally;
import java.util.List;

/// What is learned from votes as they come.
record CountedVotes(List<PairRow> rows, JudgeTally tally, Transcripts transcripts) {
  /// Most pairs of each kind that a page shows.
  private static final int TRANSCRIPTS = 6;

  static CountedVotes of(List<PairRow> rows) {
    return new CountedVotes(rows, new JudgeTally(rows), new Transcripts(rows, TRANSCRIPTS));
  }

  void add(Vote vote) {
    tally.add(vote);
    transcripts.add(vote);
  }
}
