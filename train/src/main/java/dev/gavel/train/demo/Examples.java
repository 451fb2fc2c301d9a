package dev.gavel.train.demo;

import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.Outcome;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Vote;
import dev.gavel.train.report.Page;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// Votes to read: the first of each section that are right, wrong, or say nothing.
final class Examples {
  private static final int EACH = 2;

  private Examples() {}

  static void add(Page page, List<Judged> all) {
    add(page, all, "right", vote -> vote.prefers() == Outcome.CHOSEN);
    add(page, all, "wrong", vote -> vote.prefers() == Outcome.REJECTED);
    add(page, all, "no verdict", vote -> vote.verdict() == null);
  }

  private static void add(Page page, List<Judged> all, String title, Predicate<Vote> which) {
    Map<String, Integer> shown = new HashMap<>();
    for (Judged item : all) {
      List<Vote> fitting = item.votes().stream().filter(which).limit(1).toList();
      if (!fitting.isEmpty() && shown.merge(item.pair().section(), 1, Integer::sum) <= EACH) {
        add(page, title, item, fitting.getFirst());
      }
    }
  }

  private static void add(Page page, String title, Judged item, Vote vote) {
    PairRow row = item.count().row();
    String people = vote.order() == Order.AB ? "A" : "B";
    List<Page.Part> parts = new ArrayList<>();
    parts.add(new Page.Part("question", item.pair().pair().questionText()));
    parts.add(new Page.Part("A", row.answerA(vote.order())));
    parts.add(new Page.Part("B", row.answerB(vote.order())));
    parts.add(new Page.Part("the judge, vote " + (vote.draw() + 1), vote.text()));
    parts.add(new Page.Part("people say", people));
    page.transcript("%s: %s; %s".formatted(item.pair().section(), title, tally(item)), parts);
  }

  private static String tally(Judged item) {
    long right = item.votes().stream().filter(v -> v.prefers() == Outcome.CHOSEN).count();
    return "%d of %d votes on this pair are right".formatted(right, item.votes().size());
  }
}
