package dev.gavel.train.demo;

import dev.gavel.train.demo.Method.Role;
import dev.gavel.train.eval.Bootstrap.Interval;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.Table;
import dev.gavel.train.report.Table.Cell;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The paper's tables, of the miniature, and the main table. Numbers lead to their transcripts.
final class PageTables {
  static final String NONE = "–";
  private static final int IN = MethodResult.IN_DOMAIN;
  private static final int OUT = MethodResult.OUT_OF_DOMAIN;

  private PageTables() {}

  /// Every method of the main table with every section, beside the paper.
  static Table headline(DemoResults results) {
    Table table = new Table("Pairs judged right, per cent, with 95 % intervals").wide();
    table.text("method");
    results.zeroShot().scores().forEach(score -> table.numbers(score.section()));
    table.numbers("Maj@1", "OOD Maj@1", "paper, in", "paper, out");
    for (MethodResult result : results.headline()) {
      List<Cell> cells = new ArrayList<>(List.of(Cell.of(result.name())));
      for (int part = 0; part < result.parts().size(); part++) {
        cells.add(cell(result, part, result.votes()));
      }
      boolean votes = result.method().votes();
      cells.add(votes ? cell(result, IN, 1) : Cell.of(NONE));
      cells.add(votes ? cell(result, OUT, 1) : Cell.of(NONE));
      addPaper(cells, PaperValues.feedback(result.method()));
      table.cells(cells);
    }
    List<Cell> manners = new ArrayList<>(List.of(Cell.of("manners alone")));
    for (Part part : results.zeroShot().parts()) {
      manners.add(Cell.of(Figures.percent(Manners.worth(part))));
    }
    for (int i = 0; i < 4; i++) {
      manners.add(Cell.of(NONE));
    }
    return table.cells(manners);
  }

  /// A figure of so many votes, its interval below it.
  private static Cell cell(MethodResult result, int part, int votes) {
    Score score = result.score(part);
    if (!score.isReadable()) {
      return Cell.of(NONE);
    }
    int k = Math.min(votes, score.maj().size()) - 1;
    Interval band = score.bands().get(k);
    return Cell.at(
        Figures.percent(score.maj().get(k)),
        "%.0f–%.0f".formatted(100 * band.low(), 100 * band.high()),
        Transcripts.anchor(result, part));
  }

  private static void addPaper(List<Cell> cells, PaperValues.Pair paper) {
    cells.add(printed(paper.inDomain()));
    cells.add(printed(paper.outOfDomain()));
  }

  private static Cell printed(@Nullable String value) {
    return value == null
        ? Cell.of(NONE)
        : value.endsWith(" of one")
            ? new Cell(value.substring(0, value.indexOf(' ')), "one vote", "")
            : Cell.of(value);
  }

  /// Table 3: round by round.
  static Table rounds(DemoResults results, int votes) {
    Table table =
        new Table("Round by round: majority of %d votes, per cent".formatted(votes))
            .text("model")
            .numbers("in-domain", "OOD mean", "Maj@1", "OOD Maj@1", "chains right", "learned from")
            .numbers("paper, in", "paper, out");
    for (MethodResult result : results.methods()) {
      boolean own =
          switch (result.method().role()) {
            case ZERO_SHOT, DPO, SFT, RATIONALIZER -> true;
            default -> false;
          };
      if (own) {
        round(table, result, votes);
      }
    }
    return table.wide();
  }

  private static void round(Table table, MethodResult result, int votes) {
    Optional<Round> made = Optional.ofNullable(result.made());
    List<Cell> cells = new ArrayList<>(List.of(Cell.of(result.name())));
    cells.add(cell(result, IN, votes));
    cells.add(cell(result, OUT, votes));
    cells.add(cell(result, IN, 1));
    cells.add(cell(result, OUT, 1));
    cells.add(Cell.of(made.map(m -> Figures.percent(m.right())).orElse(NONE)));
    cells.add(Cell.of(made.map(m -> Integer.toString(m.rows())).orElse(NONE)));
    addPaper(
        cells,
        made.isPresent()
            ? PaperValues.round(result.method())
            : PaperValues.feedback(result.method()));
    table.cells(cells);
  }

  /// Table 1: with whose chains STaR-SFT begins.
  static Table bootstraps(DemoResults results, int votes) {
    Table table =
        new Table(
                "STaR-SFT by the source of its first chains: majority of %d votes".formatted(votes))
            .text("model")
            .numbers("in-domain", "OOD mean", "chains right", "paper, in", "paper, out");
    for (MethodResult result : results.methods()) {
      switch (result.method().role()) {
        case SFT, SOURCE, BOOTSTRAPPED, IMITATOR -> {
          List<Cell> cells = new ArrayList<>(List.of(Cell.of(result.name())));
          cells.add(cell(result, IN, votes));
          cells.add(cell(result, OUT, votes));
          Round made = result.made();
          cells.add(Cell.of(made == null ? NONE : Figures.percent(made.right())));
          addPaper(cells, PaperValues.round(result.method()));
          table.cells(cells);
        }
        default -> {
          // judges that do not learn right chains
        }
      }
    }
    return table;
  }

  static boolean hasBootstraps(DemoResults results) {
    return results.methods().stream().anyMatch(r -> r.method().role() == Role.SOURCE);
  }

  /// How the chains of each judge begin.
  static Table openings(DemoResults results) {
    List<String> words = List.of("check", "guess", "because", "answer");
    Table table =
        new Table("The first word of a chain, per cent of all")
            .text("judge")
            .numbers(words.toArray(String[]::new));
    for (MethodResult result : results.methods()) {
      if (result.method().isHeadline() && result.method().votes()
          || result.method().role() == Role.SOURCE) {
        List<String> cells = new ArrayList<>(List.of(result.name()));
        words.forEach(word -> cells.add(Figures.percent(Mechanism.opens(result.judged(), word))));
        table.row(cells);
      }
    }
    return table;
  }
}
