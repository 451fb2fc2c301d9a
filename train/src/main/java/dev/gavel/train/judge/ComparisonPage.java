package dev.gavel.train.judge;

import dev.gavel.train.eval.Agreement;
import dev.gavel.train.eval.PairedAccuracy;
import dev.gavel.train.eval.Turns;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// The page of a comparison: the two judges' figures, and what they said where one is wrong and the
/// other right.
final class ComparisonPage {
  /// Most pairs of each kind.
  private static final int MOST = 10;

  private final TwoJudges judges;
  private final PairedAccuracy accuracy;
  private final String a;
  private final String b;
  private final Page page;

  ComparisonPage(TwoJudges judges, PairedAccuracy accuracy) {
    this.judges = judges;
    this.accuracy = accuracy;
    a = judges.dirOfA().toString();
    b = judges.dirOfB().toString();
    page = new Page("Two judges: " + judges.ofA().size() + " pairs");
  }

  void write(Path file) throws IOException {
    page.facts(facts());
    if (accuracy.labelled() > 0) {
      Turns turns = judges.turns();
      page.table(table(turns));
      SideBySide texts = new SideBySide(judges, a, b, MOST);
      page.heading("Only " + b + " is right").note(shown(turns.onlyB()));
      texts.writeOnlyB(page);
      page.heading("Only " + a + " is right").note(shown(turns.onlyA()));
      texts.writeOnlyA(page);
    }
    page.write(file);
  }

  private static String shown(int all) {
    return all == 0
        ? "No pair."
        : all <= MOST
            ? all + (all == 1 ? " pair." : " pairs.")
            : "%d of %d pairs: those on which the two differ most.".formatted(MOST, all);
  }

  private Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("first", a);
    facts.put("second", b);
    facts.put("accuracy of the first (majority), %", Figures.percent(accuracy.a()));
    facts.put("accuracy of the second, %", Figures.percent(accuracy.b()));
    if (accuracy.a() != null && accuracy.b() != null && accuracy.ci95() != null) {
      facts.put(
          "first minus second, with its 95 % interval",
          "%s (%s to %s)"
              .formatted(
                  Figures.percent(accuracy.a() - accuracy.b()),
                  Figures.percent(accuracy.ci95().low()),
                  Figures.percent(accuracy.ci95().high())));
    }
    Agreement agreement = judges.agreement();
    facts.put("they say the same, %", Figures.percent(agreement.agreement()));
    Double kappa = agreement.kappa();
    facts.put("Cohen's kappa", kappa == null ? "–" : Figures.number(kappa));
    return facts;
  }

  private static Table table(Turns turns) {
    Table table =
        new Table("Labelled pairs by who is right")
            .text("")
            .numbers("second right", "second wrong");
    table.row("first right", turns.bothRight() + "", turns.onlyA() + "");
    table.row("first wrong", turns.onlyB() + "", turns.bothWrong() + "");
    return table.row("either undecided", turns.undecided() + "", "");
  }
}
