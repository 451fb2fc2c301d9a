package dev.gavel.train.demo;

import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.Outcome;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Vote;
import dev.gavel.train.report.Page;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Votes to read, of each section: one of the many on a pair that the judge is sure of and right,
/// one on a pair that it is sure of and wrong, a guess, and one that comes to no verdict.
final class Examples {
  private Examples() {}

  static void add(Page page, List<Judged> all) {
    List<Judged> clear = Judged.of(all, p -> p.pair().label() == p.pair().truth());
    Comparator<Judged> byRight = Comparator.comparingLong(Examples::right);
    List<Judged> best = clear.stream().sorted(byRight.reversed()).toList();
    List<Judged> worst = clear.stream().sorted(byRight).toList();
    add(page, best, "right", v -> Mechanism.works(v) && v.prefers() == Outcome.CHOSEN);
    add(page, worst, "wrong", v -> Mechanism.works(v) && v.prefers() == Outcome.REJECTED);
    add(page, all, "a guess", v -> !Mechanism.works(v));
    add(page, all, "no verdict", v -> v.verdict() == null);
  }

  private static long right(Judged item) {
    return item.votes().stream().filter(v -> v.prefers() == Outcome.CHOSEN).count();
  }

  private static void add(Page page, List<Judged> all, String title, Predicate<Vote> which) {
    List<String> sections = all.stream().map(j -> j.pair().section()).distinct().sorted().toList();
    for (String section : sections) {
      for (Judged item : Judged.of(all, pair -> pair.section().equals(section))) {
        Optional<Vote> vote = item.votes().stream().filter(which).findFirst();
        if (vote.isPresent()) {
          add(page, title, item, vote.get());
          break;
        }
      }
    }
  }

  private static void add(Page page, String title, Judged item, Vote vote) {
    PairRow row = item.count().row();
    String judge = "the judge, vote %d of %d".formatted(vote.draw() + 1, item.votes().size());
    page.transcript(
        "%s, %s (%d of %d votes on this pair are right)"
            .formatted(item.pair().section(), title, right(item), item.votes().size()),
        List.of(
            new Page.Part("question", item.pair().pair().questionText()),
            new Page.Part("A", row.answerA(vote.order())),
            new Page.Part("B", row.answerB(vote.order())),
            new Page.Part(judge, vote.text()),
            new Page.Part("people say", vote.order() == Order.AB ? "A" : "B")));
  }
}
