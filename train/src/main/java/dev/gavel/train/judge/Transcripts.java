package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A few votes of each kind to read: the first draw of the first items that were right, wrong, or
/// not readable.
final class Transcripts {
  private static final int EACH = 6;

  /// Why a vote is shown.
  enum Kind {
    RIGHT("prefers the labelled response"),
    WRONG("prefers the other response"),
    UNLABELLED("no label to compare with"),
    UNREAD("no verdict");

    final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  /// A vote with its pair.
  record Shown(PairRow row, Vote vote, Kind kind) {}

  private final Map<String, PairRow> rows = new HashMap<>();
  private final Map<Kind, List<Shown>> kept = new HashMap<>();

  Transcripts(List<PairRow> rows) {
    rows.forEach(r -> this.rows.put(Json.write(r.id()), r));
  }

  void add(Vote vote) {
    PairRow row = vote.draw() > 0 ? null : rows.get(Json.write(vote.id()));
    if (row == null) {
      return;
    }
    Kind kind = kind(vote.verdict(), vote.prefers());
    List<Shown> some = kept.computeIfAbsent(kind, k -> new ArrayList<>());
    if (some.size() < EACH) {
      some.add(new Shown(row, vote, kind));
    }
  }

  private static Kind kind(@Nullable Verdict verdict, @Nullable Outcome prefers) {
    if (verdict == null) {
      return Kind.UNREAD;
    }
    if (prefers == null) {
      return Kind.UNLABELLED;
    }
    return prefers == Outcome.CHOSEN ? Kind.RIGHT : Kind.WRONG;
  }

  List<Shown> all() {
    List<Shown> all = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      all.addAll(kept.getOrDefault(kind, List.of()));
    }
    return all;
  }
}
