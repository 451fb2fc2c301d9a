package dev.gavel.train.demo;

import dev.gavel.train.report.Figures;
import dev.gavel.train.report.Table;
import java.util.List;
import java.util.Locale;

/// The scores as a table: for the terminal, and for the page.
final class DemoTable {
  private static final String ROW = "%-14s %5s  %6s  %-9s  %6s  %-9s  %10s\n";

  private DemoTable() {}

  static String text(DemoResults results) {
    StringBuilder text = new StringBuilder();
    text.append(DemoResults.METHOD).append(", zero-shot; per cent, with 95 % intervals\n\n");
    text.append(row(titles(results)));
    for (Score score : results.scores()) {
      text.append(row(cells(score)));
    }
    text.append('\n');
    results.remarks().forEach(remark -> text.append(remark).append('\n'));
    return text.toString();
  }

  private static String row(List<String> cells) {
    return String.format(Locale.ROOT, ROW, cells.toArray()).replaceAll(" +\n", "\n");
  }

  static Table table(DemoResults results) {
    List<String> titles = titles(results);
    Table table =
        new Table("%s, zero-shot (per cent)".formatted(DemoResults.METHOD))
            .text(titles.getFirst())
            .numbers(titles.subList(1, titles.size()).toArray(String[]::new));
    results.scores().forEach(score -> table.row(cells(score)));
    return table;
  }

  private static List<String> titles(DemoResults results) {
    String all = "Maj@" + results.votes();
    return List.of("section", "pairs", "Maj@1", "95 %", all, "95 %", "no verdict");
  }

  private static List<String> cells(Score s) {
    String abstain = Figures.percent(s.abstainRate());
    String pairs = Integer.toString(s.pairs());
    if (!s.isReadable()) {
      return List.of(s.section(), pairs, "–", "–", "–", "–", abstain);
    }
    return List.of(
        s.section(),
        pairs,
        Figures.percent(s.maj().getFirst()),
        band(s, 0),
        Figures.percent(s.maj().getLast()),
        band(s, s.maj().size() - 1),
        abstain);
  }

  private static String band(Score s, int k) {
    return Figures.percent(s.bands().get(k).low()) + "–" + Figures.percent(s.bands().get(k).high());
  }
}
