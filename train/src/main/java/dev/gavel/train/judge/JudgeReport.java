package dev.gavel.train.judge;

import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.Calibration;
import dev.gavel.train.eval.JudgeResults;
import dev.gavel.train.eval.LengthBias;
import dev.gavel.train.eval.PlaceBias;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// The page of a judged folder: figures, the curve of Maj@k with its band, and transcripts.
final class JudgeReport {
  private final Page page;

  JudgeReport(Page page) {
    this.page = page;
  }

  void figures(JudgeResults results) {
    page.facts(facts(results));
    curve(results);
    subsets(results);
    if (results.calibration() != null) {
      calibration(results.calibration());
    }
    if (results.byLength() != null) {
      lengths(results.byLength());
    }
  }

  void ends(Transcripts transcripts, ObjectNode settings) {
    page.heading("Transcripts");
    transcripts.write(page);
    page.heading("Settings");
    Map<String, String> facts = new LinkedHashMap<>();
    settings.propertyNames().forEach(k -> facts.put(k, settings.get(k).asString()));
    page.facts(facts);
  }

  private static Map<String, String> facts(JudgeResults r) {
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
    if (r.softAccuracy() != null) {
      facts.put("mean P of the labelled response", Figures.percent(r.softAccuracy()));
    }
    facts.put("draws without a verdict", Figures.percent(r.abstainRate()));
    facts.put("draws that say A", Figures.percent(r.aRate()));
    facts.put("draws that name both", Long.toString(r.bothMarks()));
    facts.put("pairs labelled tie", Integer.toString(r.ties()));
    if (r.positionBias() != null) {
      facts.put("position bias", Figures.percent(r.positionBias()));
      facts.put("orders disagree", Figures.percent(r.orderDisagreement()));
    } else if (r.byPlace() != null && r.byPlace().preferenceForA() != null) {
      facts.put("position bias, of one order", place(r.byPlace()));
    }
    return facts;
  }

  /// The preference for A with its interval.
  private static String place(PlaceBias found) {
    Bootstrap.Interval band = Objects.requireNonNull(found.ci95());
    return "%s (%s to %s)"
        .formatted(
            Figures.percent(found.preferenceForA()),
            Figures.percent(band.low()),
            Figures.percent(band.high()));
  }

  /// Maj@k over k with the bootstrap band over items.
  private void curve(JudgeResults results) {
    List<Double> maj = results.maj();
    List<Bootstrap.Interval> bands = results.majBands();
    if (maj == null || bands == null || maj.size() < 2) {
      return;
    }
    page.chart(
        new LineChart("Accuracy of the majority of k votes", "votes", "accuracy, %")
            .doublingX()
            .series(
                "Maj@k",
                IntStream.rangeClosed(1, maj.size()).asDoubleStream().toArray(),
                maj.stream().mapToDouble(m -> 100 * m).toArray(),
                bands.stream().mapToDouble(b -> 100 * b.low()).toArray(),
                bands.stream().mapToDouble(b -> 100 * b.high()).toArray()));
  }

  private void subsets(JudgeResults results) {
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

  private void calibration(Calibration found) {
    page.heading("Calibration");
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Brier score", Figures.number(found.brier()));
    facts.put("expected calibration error", Figures.number(found.ece()));
    page.facts(facts);
    List<Calibration.Bin> bins = found.bins().stream().filter(b -> b.n() > 0).toList();
    Table table = new Table("Is it right as often as its P says?").text("confidence, %");
    table.numbers("pairs", "mean confidence", "accuracy");
    for (Calibration.Bin bin : bins) {
      table.row(
          "%.0f to %.0f".formatted(100 * bin.low(), 100 * bin.high()),
          Integer.toString(bin.n()),
          Figures.percent(bin.confidence()),
          Figures.percent(bin.accuracy()));
    }
    page.table(table);
    double[] confidence = bins.stream().mapToDouble(b -> percent(b.confidence())).toArray();
    double[] accuracy = bins.stream().mapToDouble(b -> percent(b.accuracy())).toArray();
    page.chart(
        new LineChart("Reliability", "confidence, %", "accuracy, %")
            .series("judge", confidence, accuracy)
            .series(
                "calibrated",
                LineChart.Look.REFERENCE,
                new double[] {50, 100},
                new double[] {50, 100}));
  }

  private static double percent(@Nullable Double share) {
    return share == null ? Double.NaN : 100 * share;
  }

  private void lengths(LengthBias found) {
    Table table =
        new Table("By how many words the labelled response is longer than the other")
            .text("words longer")
            .numbers("pairs", "accuracy", "accuracy of the longer response");
    for (LengthBias.Part part : found.terciles()) {
      table.row(
          part.from() + " to " + part.to(),
          Integer.toString(part.n()),
          Figures.percent(part.accuracy()),
          Figures.percent(part.longer()));
    }
    page.table(table);
  }
}
