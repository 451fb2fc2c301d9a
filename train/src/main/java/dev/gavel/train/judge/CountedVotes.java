package dev.gavel.train.judge;

import dev.gavel.train.eval.JudgeTally;
import java.util.List;

/// What is learned from votes as they come.
record CountedVotes(List<PairRow> rows, JudgeTally tally, Transcripts transcripts) {
  static CountedVotes of(List<PairRow> rows) {
    return new CountedVotes(rows, new JudgeTally(rows), new Transcripts(rows));
  }

  void add(Vote vote) {
    tally.add(vote);
    transcripts.add(vote);
  }
}
