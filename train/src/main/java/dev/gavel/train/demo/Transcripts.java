package dev.gavel.train.demo;

import dev.gavel.train.judge.Evidence;
import dev.gavel.train.judge.Outcome;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Vote;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.Page;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// What judges said, so that every number leads to some of the words behind it: of each method and
/// section a pair that it is sure of and right, and one that it is sure of and wrong.
final class Transcripts {
  private Transcripts() {}

  /// The place of the page where the words behind a number stand.
  ///
  /// @param part see [MethodResult#parts]
  static String anchor(MethodResult result, int part) {
    return "said-" + result.method().id() + "-" + part;
  }

  // ---------------------------------------------------------------- of each method

  /// All that a method's numbers lead to.
  static void add(Page page, MethodResult result) {
    page.fold(result.name());
    page.note("All of it: votes.jsonl in the folder judged/" + result.method().id() + ".");
    for (int part = 0; part < result.parts().size(); part++) {
      Score score = result.score(part);
      String title = "%s, %s: %s".formatted(result.name(), score.section(), right(score));
      page.anchor(anchor(result, part), title);
      if (part != MethodResult.OUT_OF_DOMAIN) { // its sections follow
        add(page, result.parts().get(part).all());
      }
    }
    page.unfold();
  }

  private static String right(Score score) {
    return score.isReadable()
        ? "%s %% of %d pairs".formatted(Figures.percent(score.accuracy()), score.pairs())
        : "nothing to read";
  }

  private static void add(Page page, List<Judged> all) {
    List<Judged> clear = Judged.of(all, p -> p.pair().label() == p.pair().truth());
    Comparator<Judged> byRight = Comparator.comparingDouble(Transcripts::shareRight);
    add(page, clear.stream().sorted(byRight.reversed()).toList(), Outcome.CHOSEN);
    add(page, clear.stream().sorted(byRight).toList(), Outcome.REJECTED);
    add(page, all, v -> v.verdict() == null);
  }

  private static void add(Page page, List<Judged> all, Outcome outcome) {
    add(page, all, v -> v.prefers() == outcome && Mechanism.works(v));
  }

  private static void add(Page page, List<Judged> all, Predicate<Vote> which) {
    for (Judged item : all) {
      Optional<Vote> vote = item.votes().stream().filter(which).findFirst();
      if (vote.isPresent()) {
        page.texts(List.of(asked(item, vote.get()), said(item, vote.get(), "")), true);
        return;
      }
    }
  }

  private static double shareRight(Judged item) {
    return (double) right(item) / item.votes().size();
  }

  private static long right(Judged item) {
    return item.votes().stream().filter(v -> v.prefers() == Outcome.CHOSEN).count();
  }

  // ---------------------------------------------------------------- side by side

  /// Pairs that one judge gets wrong by its majority and the other right, at most `most` of them,
  /// first one of each section and kind.
  static int contrast(Page page, MethodResult wrong, MethodResult right, int most) {
    List<Judged> one = wrong.judged();
    List<Judged> other = right.judged();
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < one.size(); i++) {
      if (one.get(i).credit() == 0 && other.get(i).credit() == 1 && isClear(one.get(i))) {
        found.add(i);
      }
    }
    found.sort(Comparator.comparingDouble(i -> shareRight(one.get(i)) - shareRight(other.get(i))));
    Set<String> kinds = new HashSet<>();
    int shown = 0;
    for (int i : found) {
      Pair pair = one.get(i).pair().pair();
      if (shown < most && kinds.add(one.get(i).pair().section() + pair.kind())) {
        shown++;
        contrast(page, wrong.name(), one.get(i), right.name(), other.get(i));
      }
    }
    return found.size();
  }

  private static boolean isClear(Judged item) {
    return item.pair().pair().label() == item.pair().pair().truth();
  }

  private static void contrast(
      Page page, String wrongName, Judged wrong, String rightName, Judged right) {
    Vote no = first(wrong, Outcome.REJECTED);
    Vote yes = first(right, Outcome.CHOSEN);
    page.subheading(wrong.pair().section() + ": " + wrong.pair().pair().questionText());
    page.texts(List.of(asked(wrong, no)), false);
    page.texts(
        List.of(said(wrong, no, wrongName + ", "), said(right, yes, rightName + ", ")), true);
  }

  private static Vote first(Judged item, Outcome outcome) {
    List<Vote> votes = item.votes().stream().filter(v -> v.prefers() == outcome).toList();
    return votes.stream().filter(Mechanism::works).findFirst().orElse(votes.getFirst());
  }

  // ---------------------------------------------------------------- parts of both

  private static Page.Part asked(Judged item, Vote vote) {
    PairRow row = item.count().row();
    return new Page.Part(
        "people say " + vote.order().verdictFor(row.better()),
        "%s\n\nA%s\n\nB%s"
            .formatted(
                item.pair().pair().questionText(),
                spaced(row.answerA(vote.order())),
                spaced(row.answerB(vote.order()))));
  }

  /// Answers in a conversation begin with a word of their own.
  private static String spaced(String answer) {
    return answer.startsWith(" ") ? answer : " " + answer;
  }

  private static Page.Part said(Judged item, Vote vote, String who) {
    String verdict =
        vote.prefers() == null
            ? "no verdict"
            : vote.prefers() == Outcome.CHOSEN ? "right" : "wrong";
    String label =
        item.isVoted()
            ? "%s%s; of %d votes %d are right"
                .formatted(who, verdict, item.votes().size(), right(item))
            : who + verdict;
    return new Page.Part(label, words(vote));
  }

  private static String words(Vote vote) {
    return switch (vote.evidence()) {
      case Evidence.Text text -> text.text();
      case Evidence.Scores s ->
          s.b() == 0
              ? String.format(Locale.ROOT, "value of the pair %.3f (above 0: A)", s.a())
              : String.format(Locale.ROOT, "value of A %.3f, of B %.3f", s.a(), s.b());
      case Evidence.Measured m ->
          String.format(
              Locale.ROOT, "P(A is better) %.3f", 1 / (1 + StrictMath.exp(-m.logOddsOfA())));
    };
  }
}
