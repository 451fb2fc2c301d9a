package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.eval.JudgeResults;
import dev.gavel.train.eval.JudgeTally;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.node.ObjectNode;

/// The page of a judged folder: figures, the curve of Maj@k with its band, and transcripts.
final class JudgeReport {
  private JudgeReport() {}

  static String html(
      ObjectNode settings,
      JudgeTally tally,
      JudgeResults results,
      Transcripts transcripts,
      long seed) {
    Page page = new Page("Judge: " + results.n() + " pairs");
    page.facts(figures(results));
    curve(page, tally, seed);
    subsets(page, results);
    page.heading("Transcripts");
    for (Transcripts.Shown shown : transcripts.all()) {
      transcript(page, shown);
    }
    page.heading("Settings");
    Map<String, String> facts = new LinkedHashMap<>();
    settings.propertyNames().forEach(k -> facts.put(k, settings.get(k).asString()));
    return page.facts(facts).html();
  }

  private static Map<String, String> figures(JudgeResults r) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("accuracy (majority)", Figures.percent(r.accuracy()));
    if (r.ci95() != null) {
      facts.put(
          "95 % interval",
          Figures.percent(r.ci95().low()) + " to " + Figures.percent(r.ci95().high()));
    }
    if (r.maj() != null) {
      facts.put("single vote (Maj@1)", Figures.percent(r.maj().getFirst()));
    }
    facts.put("draws without a verdict", Figures.percent(r.abstainRate()));
    facts.put("draws that say A", Figures.percent(r.aRate()));
    facts.put("draws that name both", Long.toString(r.bothMarks()));
    facts.put("pairs labelled tie", Integer.toString(r.ties()));
    if (r.positionBias() != null) {
      facts.put("position bias", Figures.percent(r.positionBias()));
      facts.put("orders disagree", Figures.percent(r.orderDisagreement()));
    }
    return facts;
  }

  /// Maj@k over k with the bootstrap band over items.
  private static void curve(Page page, JudgeTally tally, long seed) {
    double[][] items =
        tally.items().stream()
            .filter(i -> i.draws() > 0)
            .map(ItemVotes::curve)
            .filter(Objects::nonNull)
            .toArray(double[][]::new);
    if (items.length == 0 || items[0].length < 2) {
      return;
    }
    int n = items[0].length;
    List<Bootstrap.Interval> bands =
        new Bootstrap(seed, Bootstrap.RESAMPLES).means(List.<double[][]>of(items));
    double[] k = new double[n];
    double[] mean = new double[n];
    double[] low = new double[n];
    double[] high = new double[n];
    for (int j = 0; j < n; j++) {
      k[j] = j + 1;
      for (double[] item : items) {
        mean[j] += 100 * item[j] / items.length;
      }
      low[j] = 100 * bands.get(j).low();
      high[j] = 100 * bands.get(j).high();
    }
    page.chart(
        new LineChart("Accuracy of the majority of k votes", "votes", "accuracy, %")
            .doublingX()
            .series("Maj@k", k, mean, low, high));
  }

  private static void subsets(Page page, JudgeResults results) {
    if (results.subsets().isEmpty()) {
      return;
    }
    Table table = new Table("Subsets").text("subset").numbers("pairs", "accuracy");
    results
        .subsets()
        .forEach(
            (name, s) -> table.row(name, Integer.toString(s.n()), Figures.percent(s.accuracy())));
    page.table(table);
  }

  private static void transcript(Page page, Transcripts.Shown shown) {
    PairRow row = shown.row();
    Vote vote = shown.vote();
    StringBuilder chat = new StringBuilder();
    for (Message m : row.prompt()) {
      chat.append(m.content()).append('\n');
    }
    page.transcript(
        "item %s, %s: %s".formatted(vote.id(), vote.order(), shown.kind().title),
        List.of(
            new Page.Part("question", chat.toString()),
            new Page.Part("A", row.answerA(vote.order())),
            new Page.Part("B", row.answerB(vote.order())),
            new Page.Part("judge", vote.evidence().forPeople())));
  }
}
