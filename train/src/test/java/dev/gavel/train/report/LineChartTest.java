package dev.gavel.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineChartTest {
  private static String svg(LineChart chart) {
    return new Page("p").chart(chart).html();
  }

  private static long count(String text, String part) {
    return Pattern.compile(Pattern.quote(part)).matcher(text).results().count();
  }

  @Test
  void eachPointShowsItsFigures() {
    String svg =
        svg(
            new LineChart("t", "votes", "accuracy")
                .series(
                    "judge",
                    new double[] {1, 2},
                    new double[] {60, 70.25},
                    new double[] {55, 66},
                    new double[] {65, 74}));
    assertThat(svg)
        .contains("<title>votes: 2\njudge: 70.25 [66, 74]</title>")
        .contains("judge: 60 at votes 1, 70.25 at 2.")
        .contains("class=\"band\"");
    assertThat(count(svg, "class=\"spot\"")).isEqualTo(2);
    assertThat(svg).doesNotContain("<ul");
  }

  @Test
  void aValueThatIsNotFiniteLeavesAGap() {
    double[] x = {1, 2, 3, 4, 5};
    double[] y = {1, 2, Double.NaN, 4, Double.POSITIVE_INFINITY};
    String svg = svg(new LineChart("t", "x", "y").series("s", x, y));
    assertThat(count(svg, "class=\"line\"")).isEqualTo(2);
    assertThat(svg).doesNotContain("NaN", "Infinity");
    assertThat(
            svg(
                new LineChart("t", "x", "y")
                    .series("s", x, new double[] {y[2], y[2], y[2], y[2], y[2]})))
        .contains("Nothing to draw");
    assertThat(svg(new LineChart("t", "x", "y").series("s", new double[0], new double[0])))
        .contains("Nothing to draw");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 5, -3e-9, 1e12})
  void aConstantAndASinglePointAreDrawn(double value) {
    double[] y = {value, value};
    assertThat(svg(new LineChart("t", "x", "y").series("s", new double[] {1, 2}, y)))
        .doesNotContain("NaN");
    assertThat(
            svg(new LineChart("t", "x", "y").series("s", new double[] {7}, new double[] {value})))
        .doesNotContain("NaN")
        .contains("h0.01");
    assertThat(
            svg(
                new LineChart("t", "x", "y")
                    .doublingX()
                    .series("s", new double[] {1}, new double[] {value})))
        .doesNotContain("NaN");
  }

  @Test
  void longCurvesBecomeMeansOfNeighbours() {
    double[] x = IntStream.rangeClosed(1, 2000).asDoubleStream().toArray();
    double[] y = Arrays.stream(x).map(v -> v % 2).toArray();
    String svg = svg(new LineChart("t", "step", "loss").series("loss", x, y));
    assertThat(count(svg, "class=\"spot\"")).isEqualTo(LineChart.MOST_POINTS);
    assertThat(svg)
        .contains("Each point is the mean of 5 values; the band spans them.")
        .contains("<title>step: 2000\nloss: 0.4 [0, 1]</title>");
  }

  @Test
  void severalSeriesHaveALegend() {
    double[] x = {1, 2};
    LineChart chart = new LineChart("t", "x", "y");
    for (String name : new String[] {"a", "b", "c", "d", "e", "f", "g"}) {
      chart.series(name, x, x);
    }
    assertThat(svg(chart)).contains("class=\"legend\"", "g</li>", "class=\"s5\"");
    assertThatThrownBy(() -> chart.series("h", x, new double[1]))
        .hasMessageContaining("chart 't', series 'h': 2 x, 1 y");
  }

  /// A second curve of the same colour has rings; more than one can see apart has none.
  @Test
  void aCurveLooksAsItIsTold() {
    double[] x = {1, 2, 3};
    double[] many = IntStream.rangeClosed(1, 61).asDoubleStream().toArray();
    String svg =
        svg(
            new LineChart("t", "step", "y")
                .countingX()
                .small()
                .series("a", new LineChart.Look(13, false), x, x)
                .series("a, evaluation", new LineChart.Look(13, true), x, x)
                .series("b", new LineChart.Look(2, true), many, many)
                .series("line", LineChart.Look.REFERENCE, x, x));
    assertThat(svg)
        .contains("viewBox=\"0 0 440 240\"")
        .contains("class=\"s1\"", "class=\"s1 ringed\"", "class=\"reference\"");
    assertThat(count(svg, "class=\"ring\"")).isEqualTo(3 + 2); // points, and two in the legend
  }

  @Test
  void countsHaveNoHalves() {
    assertThat(Axis.exact(1, 3, 100, 7).ticks()).contains(1.5);
    assertThat(Axis.whole(1, 3, 100, 7).ticks()).containsExactly(1.0, 2.0, 3.0);
    assertThat(Axis.round(0, 0, 100, 5).ticks()).contains(-1.0, 0.0, 1.0);
  }

  @Test
  void ticksAreRoundNumbers() {
    assertThat(Axis.round(0.62, 0.79, 100, 5).ticks()).hasSizeBetween(4, 6);
    Axis axis = Axis.round(61, 79, 100, 5);
    assertThat(axis.ticks()).containsExactly(60.0, 65.0, 70.0, 75.0, 80.0);
    assertThat(axis.at(60)).isZero();
    assertThat(axis.at(80)).isEqualTo(100);
    Axis votes = Axis.doublings(32, 100);
    assertThat(votes.ticks()).containsExactly(1.0, 2.0, 4.0, 8.0, 16.0, 32.0);
    assertThat(votes.at(32)).isEqualTo(100);
    assertThat(Axis.exact(1, 2094, 100, 7).ticks()).containsExactly(500.0, 1000.0, 1500.0, 2000.0);
  }

  @Test
  void numbersAreShort() {
    assertThat(Figures.number(0.693147)).isEqualTo("0.6931");
    assertThat(Figures.number(1234.4)).isEqualTo("1234");
    assertThat(Figures.number(-2.5)).isEqualTo("−2.5");
    assertThat(Figures.number(1e-6)).isEqualTo("1e−6");
    assertThat(Figures.number(0)).isEqualTo("0");
    assertThat(Figures.number(2500000)).isEqualTo("2.5e6");
    assertThat(Figures.percent(-0.25)).isEqualTo("−25.0");
    assertThat(Figures.points(0.25)).isEqualTo("+25.0");
    assertThat(Figures.points(-0.25)).isEqualTo("−25.0");
    assertThat(Figures.duration(12.44)).isEqualTo("12.4 s");
    assertThat(Figures.duration(59.8)).isEqualTo("1 min 0 s");
    assertThat(Figures.duration(3599)).isEqualTo("59 min 59 s");
    assertThat(Figures.duration(18420)).isEqualTo("5 h 7 min");
    assertThat(Figures.percent(0.73249)).isEqualTo("73.2");
    assertThat(Figures.percent(null)).isEqualTo("–");
  }
}
