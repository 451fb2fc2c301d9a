package dev.gavel.train.demo;

import dev.gavel.train.report.Figures;
import dev.gavel.train.report.Table;
import dev.gavel.train.report.Table.Cell;
import dev.gavel.train.report.TextLines;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The scores as tables: for the terminal, and for the page.
final class DemoTable {
  private static final String NONE = "–";
  private static final int NARROWEST = 5;

  private DemoTable() {}

  /// Everything that goes to standard output.
  static String text(DemoResults results) {
    StringBuilder text = new StringBuilder();
    text.append("per cent right; of judges that vote: the majority of ")
        .append(results.zeroShot().votes())
        .append(" votes, and Maj@1, one vote\n\n");
    List<List<String>> lines = new ArrayList<>(List.of(titles(results)));
    results.headline().forEach(result -> lines.add(cells(result)));
    append(text, lines);
    rounds(text, results);
    results.remarks().forEach(remark -> text.append(remark).append('\n'));
    text.append("\nclaims, by differences on the same pairs with 95 % intervals\n");
    for (Claim claim : results.claims()) {
      text.append(claim.status()).append(": ").append(claim.text()).append('\n');
      text.append("  ").append(claim.figures()).append('\n');
    }
    return text.toString();
  }

  private static void append(StringBuilder text, List<List<String>> lines) {
    text.append(TextLines.aligned(lines, NARROWEST)).append('\n');
  }

  /// Loops and their sources, with few votes of each.
  private static void rounds(StringBuilder text, DemoResults results) {
    List<MethodResult> rounds =
        results.methods().stream()
            .filter(r -> r.made() != null || r.method().role() == Method.Role.SOURCE)
            .toList();
    int votes = rounds.stream().mapToInt(MethodResult::votes).min().orElse(0);
    text.append("round by round: the majority of ").append(votes).append(" votes\n\n");
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("round", "in-domain", "OOD mean", "Maj@1", "OOD Maj@1", "chains right"));
    for (MethodResult result : rounds) {
      Round made = result.made();
      lines.add(
          List.of(
              result.name(),
              of(result.inDomain(), votes),
              of(result.outOfDomain(), votes),
              of(result.inDomain(), 1),
              of(result.outOfDomain(), 1),
              made == null ? NONE : Figures.percent(made.right())));
    }
    append(text, lines);
  }

  private static List<String> titles(DemoResults results) {
    return Stream.of(
            Stream.of("method"), sections(results).stream(), Stream.of("Maj@1", "OOD Maj@1"))
        .flatMap(titles -> titles)
        .toList();
  }

  private static List<String> sections(DemoResults results) {
    return results.zeroShot().scores().stream().map(Score::section).toList();
  }

  private static List<String> cells(MethodResult result) {
    List<String> cells = new ArrayList<>(List.of(result.name()));
    result.scores().forEach(score -> cells.add(accuracy(score)));
    boolean votes = result.method().votes();
    cells.add(votes ? of(result.inDomain(), 1) : NONE);
    cells.add(votes ? of(result.outOfDomain(), 1) : NONE);
    return cells;
  }

  static String accuracy(Score score) {
    return score.isReadable() ? Figures.percent(score.accuracy()) : NONE;
  }

  private static String of(Score score, int votes) {
    return score.isReadable() ? Figures.percent(score.maj().get(votes - 1)) : NONE;
  }

  // ---------------------------------------------------------------- for the page

  /// Every method against the first.
  static Table differences(DemoResults results) {
    Table table =
        table(
            "Better or worse than %s on the same pairs, points"
                .formatted(results.zeroShot().name()),
            withSections("method", results));
    for (int i = 0; i < results.differences().size(); i++) {
      MethodResult result = results.headline().get(i + 1);
      List<Cell> cells = new ArrayList<>(List.of(Cell.of(result.name())));
      List<Difference> differences = results.differences().get(i);
      for (int part = 0; part < differences.size(); part++) {
        Difference difference = differences.get(part);
        String band =
            Figures.points(difference.band().low())
                + " to "
                + Figures.points(difference.band().high());
        cells.add(
            Cell.at(Figures.points(difference.mean()), band, Transcripts.anchor(result, part)));
      }
      table.cells(cells);
    }
    return table.wide();
  }

  /// How often each method chooses as manners alone would.
  static Table agreement(DemoResults results) {
    Table table =
        table(
            "Choices that are those of manners alone (per cent of the pairs in which manners differ)",
            withSections("method", results));
    for (MethodResult result : results.headline()) {
      List<String> cells = new ArrayList<>(List.of(result.name()));
      result.parts().forEach(part -> cells.add(Figures.percent(Manners.agreement(part))));
      table.row(cells);
    }
    return table;
  }

  private static List<String> withSections(String first, DemoResults results) {
    return Stream.concat(Stream.of(first), sections(results).stream()).toList();
  }

  private static Table table(String caption, List<String> titles) {
    return new Table(caption)
        .text(titles.getFirst())
        .numbers(titles.subList(1, titles.size()).toArray(String[]::new));
  }
}
