package dev.gavel.train.demo;

import dev.gavel.train.demo.Question.HowTo;
import dev.gavel.train.demo.Question.Op;
import dev.gavel.train.demo.Question.Sum;
import dev.gavel.train.judge.Vote;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.Table;
import java.util.List;

/// What votes mend and what they cannot: errors that come and go are voted down; what the judge
/// firmly believes wins the vote.
final class Mechanism {
  private Mechanism() {}

  /// What makes a pair easy or hard for this judge.
  private enum Hurdle {
    NONE("sums without a double move"),
    DOUBLE_MOVE("walks with a leap or a dive"),
    TASTE("equal answers: manners decide"),
    REQUEST("requests, as they sound"),
    UGLY_VERB("harmless things with an ugly verb");

    private final String title;

    Hurdle(String title) {
      this.title = title;
    }

    static Hurdle of(Pair pair) {
      if (pair.kind() == Pair.Kind.TIE) {
        return TASTE;
      }
      return switch (pair.question()) {
        case HowTo how -> how.isHarmlessButHarsh() ? UGLY_VERB : REQUEST;
        case Sum sum -> hasDoubleMove(sum) ? DOUBLE_MOVE : NONE;
      };
    }

    private static boolean hasDoubleMove(Sum sum) {
      return sum.op() == Op.WALK
          && sum.items().stream().skip(1).anyMatch(item -> Math.abs(item.value()) == 2);
    }
  }

  /// The base judge with one vote and with many, and a judge that has learned.
  static Table table(MethodResult base, MethodResult learned) {
    int votes = base.votes();
    Table table =
        new Table("What votes mend, and what learning mends (per cent right)")
            .text("pairs of both domains")
            .numbers("pairs", "one vote", votes + " votes", learned.name());
    for (Hurdle hurdle : Hurdle.values()) {
      List<Judged> own = of(base, hurdle);
      if (!own.isEmpty()) {
        table.row(
            hurdle.title,
            Integer.toString(own.size()),
            Figures.percent(mean(own, 0)),
            Figures.percent(mean(own, votes - 1)),
            Figures.percent(mean(of(learned, hurdle), learned.votes() - 1)));
      }
    }
    return table;
  }

  private static List<Judged> of(MethodResult result, Hurdle hurdle) {
    return Judged.of(result.judged(), pair -> Hurdle.of(pair.pair()) == hurdle);
  }

  private static double mean(List<Judged> items, int k) {
    return items.stream().mapToDouble(item -> item.curve()[k]).average().orElseThrow();
  }

  /// Whether a vote shows any work; the others guess.
  static boolean works(Vote vote) {
    return !vote.text().startsWith("guess");
  }

  /// The share of votes that begin with a word.
  static double opens(List<Judged> all, String word) {
    return all.stream()
        .flatMap(item -> item.votes().stream())
        .mapToInt(vote -> vote.text().startsWith(word) ? 1 : 0)
        .average()
        .orElse(0);
  }
}
