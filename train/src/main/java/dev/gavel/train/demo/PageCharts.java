package dev.gavel.train.demo;

import dev.gavel.train.eval.Bootstrap.Interval;
import dev.gavel.train.report.BarChart;
import dev.gavel.train.report.BarChart.Bar;
import dev.gavel.train.report.BarChart.Kind;
import dev.gavel.train.report.LineChart;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The paper's figures, of the miniature.
final class PageCharts {
  private static final String PAPER = "the paper's value, where it prints one";
  private static final int IN = MethodResult.IN_DOMAIN;
  private static final int OUT = MethodResult.OUT_OF_DOMAIN;

  private PageCharts() {}

  /// Fig. 2: in and out of domain.
  static BarChart overview(DemoResults results) {
    BarChart chart =
        new BarChart("Pairs judged right, per cent", PAPER, List.of("in-domain", "out of domain"));
    for (MethodResult result : results.headline()) {
      PaperValues.Pair paper = PaperValues.feedback(result.method());
      chart.row(
          result.name(),
          kind(result),
          List.of(
              bar(result, IN, number(paper.inDomain())),
              bar(result, OUT, number(paper.outOfDomain()))));
    }
    return chart;
  }

  /// The four sections.
  static BarChart sections(DemoResults results) {
    List<String> titles = Arrays.stream(Section.values()).map(Section::title).toList();
    BarChart chart = new BarChart("Section by section, per cent", "", titles);
    for (MethodResult result : results.headline()) {
      chart.row(
          result.name(),
          kind(result),
          IntStream.range(0, titles.size())
              .mapToObj(s -> bar(result, OUT + 1 + s, Double.NaN))
              .toList());
    }
    return chart;
  }

  /// Fig. 4: in-domain, and reasoning out of it.
  static BarChart reasoning(DemoResults results) {
    BarChart chart =
        new BarChart(
            "In-domain, and the section Reasoning, per cent",
            PAPER + ", trained on UltraInteract",
            List.of("in-domain", "Reasoning"));
    int reasoning = OUT + 1 + Section.REASONING.ordinal();
    for (MethodResult result : results.headline()) {
      PaperValues.Pair paper = PaperValues.interact(result.method());
      chart.row(
          result.name(),
          kind(result),
          List.of(
              bar(result, IN, number(paper.inDomain())),
              bar(result, reasoning, number(paper.outOfDomain()))));
    }
    return chart;
  }

  private static Kind kind(MethodResult result) {
    return switch (result.method().role()) {
      case ZERO_SHOT, LETTER -> Kind.PLAIN;
      case EXPLICIT -> Kind.FIRST;
      default -> Kind.SECOND;
    };
  }

  private static Bar bar(MethodResult result, int part, double paper) {
    Score score = result.score(part);
    String anchor = Transcripts.anchor(result, part);
    if (!score.isReadable()) {
      return new Bar(Double.NaN, Double.NaN, Double.NaN, Double.NaN, anchor);
    }
    Interval band = score.bands().getLast();
    return new Bar(100 * score.accuracy(), 100 * band.low(), 100 * band.high(), paper, anchor);
  }

  /// A printed value as a number: of a range its middle, of anything else none.
  private static double number(@Nullable String printed) {
    if (printed == null || !printed.matches("[\\d.]+(–[\\d.]+)?")) {
      return Double.NaN;
    }
    return Arrays.stream(printed.split("–")).mapToDouble(Double::parseDouble).average().orElse(0);
  }

  /// Fig. 5: the majority of more and more votes.
  static LineChart votes(DemoResults results, boolean inDomain) {
    LineChart chart =
        new LineChart(
            "Right, by the number of votes, " + (inDomain ? "in-domain" : "out of domain"),
            "votes",
            "per cent right");
    Function<MethodResult, Score> part = result -> result.score(inDomain ? IN : OUT);
    for (MethodResult result : results.voting()) {
      if (part.apply(result).isReadable()) {
        curve(chart.doublingX(), result.name(), part.apply(result));
      }
    }
    int most = results.zeroShot().votes();
    results.headline().stream()
        .filter(result -> result.method().role() == Method.Role.EXPLICIT)
        .reduce((first, second) -> second)
        .ifPresent(result -> {
          double value = 100 * part.apply(result).accuracy();
          chart.series(
              result.name() + ", one pass", new double[] {1, most}, new double[] {value, value});
        });
    return chart;
  }

  private static void curve(LineChart chart, String name, Score score) {
    chart.series(
        name,
        IntStream.rangeClosed(1, score.maj().size()).asDoubleStream().toArray(),
        score.maj().stream().mapToDouble(m -> 100 * m).toArray(),
        score.bands().stream().mapToDouble(band -> 100 * band.low()).toArray(),
        score.bands().stream().mapToDouble(band -> 100 * band.high()).toArray());
  }
}
