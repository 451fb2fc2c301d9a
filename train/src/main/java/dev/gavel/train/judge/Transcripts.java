package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.report.Page;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A few votes of each kind to read: the first draw of the first items that were right, wrong, or
/// not readable, and the first items whose draws contradict each other.
public final class Transcripts {
  /// Why a vote is shown.
  private enum Kind {
    RIGHT("Right: prefers the labelled response"),
    WRONG("Wrong: prefers the other response"),
    DISAGREEING("Disagreeing: one draw right, one wrong"),
    UNLABELLED("Without a label to compare with"),
    EXPLANATION("Explanations of the verdict that was given"),
    UNREAD("Without a verdict");

    final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  /// Votes on a pair: one, or two that contradict each other.
  private record Shown(PairRow row, List<Vote> votes) {}

  private final int each;
  private final boolean explanations;
  private final Map<String, PairRow> rows = new HashMap<>();
  private final Map<Kind, List<Shown>> kept = new EnumMap<>(Kind.class);
  private final Map<Outcome, Vote> ofItem = new EnumMap<>(Outcome.class);
  private String item = "";

  /// @param each most pairs of each kind
  Transcripts(List<PairRow> rows, int each) {
    this(rows, each, false);
  }

  private Transcripts(List<PairRow> rows, int each, boolean explanations) {
    this.each = each;
    this.explanations = explanations;
    rows.forEach(r -> this.rows.put(Json.write(r.id()), r));
  }

  /// Looks at all votes of a file.
  ///
  /// @param explanations the texts explain a given verdict, and hold none themselves
  public static Transcripts read(Path file, List<PairRow> rows, int each, boolean explanations)
      throws IOException {
    Transcripts transcripts = new Transcripts(rows, each, explanations);
    try (VoteLines lines = VoteLines.openFile(file)) {
      for (VoteLines.Line line; (line = lines.next()) != null; ) {
        transcripts.add(line.vote());
      }
    }
    return transcripts;
  }

  /// Takes the next vote; those on an item follow each other.
  void add(Vote vote) {
    String id = Json.write(vote.id());
    PairRow row = rows.get(id);
    if (row == null) {
      return;
    }
    if (!id.equals(item)) {
      item = id;
      ofItem.clear();
    }
    if (vote.draw() == 0) {
      keep(kind(vote), row, List.of(vote));
    }
    contradict(row, vote);
  }

  private void keep(Kind kind, PairRow row, List<Vote> votes) {
    List<Shown> some = kept.computeIfAbsent(kind, k -> new ArrayList<>());
    if (some.size() < each) {
      some.add(new Shown(row, votes));
    }
  }

  /// Keeps an item as soon as it has both outcomes.
  private void contradict(PairRow row, Vote vote) {
    Outcome outcome = vote.prefers();
    if (outcome == null || ofItem.putIfAbsent(outcome, vote) != null || ofItem.size() < 2) {
      return;
    }
    keep(Kind.DISAGREEING, row, List.copyOf(ofItem.values()));
  }

  private Kind kind(Vote vote) {
    if (explanations) {
      return Kind.EXPLANATION;
    }
    if (vote.verdict() == null) {
      return Kind.UNREAD;
    }
    if (vote.prefers() == null) {
      return Kind.UNLABELLED;
    }
    return vote.prefers() == Outcome.CHOSEN ? Kind.RIGHT : Kind.WRONG;
  }

  /// Writes what was kept, kind by kind.
  public void write(Page page) {
    kept.forEach((kind, some) -> {
      page.subheading(kind.title);
      some.forEach(shown -> write(page, shown));
    });
  }

  private void write(Page page, Shown shown) {
    Transcript transcript = new Transcript(shown.row);
    List<Vote> votes = shown.votes;
    page.fold(transcript.title());
    transcript.question(page, votes.getFirst().order(), votes.getLast().order());
    List<Page.Part> said =
        explanations
            ? votes.stream().map(v -> new Page.Part("explanation", v.text())).toList()
            : votes.stream().map(v -> transcript.said(v, "", "")).toList();
    page.texts(said, said.size() > 1);
    page.unfold();
  }
}
