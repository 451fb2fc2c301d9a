package dev.gavel.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.train.report.BarChart.Bar;
import dev.gavel.train.report.Page.Link;
import dev.gavel.train.report.Page.Standing;
import dev.gavel.train.report.Table.Cell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageTest {
  private static final String HOSTILE =
      "</pre><script>alert('1')</script> \" & \u0007 \ud800 é 🙂\n";

  private static Page everything() {
    double[] x = {1, 2, 3};
    return new Page("Title " + HOSTILE)
        .heading(HOSTILE)
        .paragraph(HOSTILE)
        .note(HOSTILE)
        .facts(Map.of(HOSTILE, HOSTILE))
        .table(new Table(HOSTILE).text(HOSTILE).numbers("n").row(HOSTILE, "1.5"))
        .chart(new LineChart(HOSTILE, HOSTILE, HOSTILE).series(HOSTILE, x, x).series("b", x, x))
        .chart(new LineChart("two", "x", "y").series("s", x, x))
        .transcript(HOSTILE, List.of(new Page.Part(HOSTILE, HOSTILE)))
        .contents()
        .subheading(HOSTILE)
        .table(
            new Table(HOSTILE).numbers("n").wide().cells(List.of(Cell.at("1", HOSTILE, "place"))))
        .chart(bars())
        .claim(Standing.YES, HOSTILE, HOSTILE, HOSTILE, List.of(new Link(HOSTILE, "place")))
        .fold(HOSTILE)
        .anchor("place", HOSTILE)
        .texts(List.of(new Page.Part(HOSTILE, HOSTILE)), true)
        .unfold();
  }

  private static BarChart bars() {
    double none = Double.NaN;
    return new BarChart(HOSTILE, HOSTILE, List.of(HOSTILE, "second"))
        .row(
            HOSTILE,
            BarChart.Kind.FIRST,
            List.of(new Bar(50, 40, 60, 70, "place"), new Bar(none, none, none, none, "")));
  }

  /// The value, its ends and the value to compare with, on the scale of the panel; what cannot be
  /// drawn is left out.
  @Test
  void barsStandWhereTheirValuesSay() {
    BarChart chart =
        new BarChart("title", "the other", List.of("one"))
            .row("a", BarChart.Kind.PLAIN, List.of(new Bar(50, 25, 100, 0, "")));
    String html = new Page("p").chart(chart).html();
    // the panel begins at 128 and is 640 - 128 - 34 wide
    assertThat(html)
        .contains("class=\"fill\" d=\"M128.0 30.5H367.0V43.5H128.0Z\"")
        .contains("class=\"whisker\" d=\"M247.5 37.0H606.0\"")
        .contains("class=\"other\" d=\"M128.0 33.0l4 4l-4 4l-4 -4Z\"")
        .contains("a, one: 50.0 [25.0, 100.0]\nthe other: 0.0");
    assertThatThrownBy(() -> chart.row("b", BarChart.Kind.PLAIN, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("chart 'title' has 1 panels, the row 'b' 0 bars");
  }

  @Test
  void linksStayOnThePage() {
    String html = everything().html();
    Matcher links = Pattern.compile("href=\"([^\"]*)\"").matcher(html);
    int n = 0;
    while (links.find()) {
      n++;
      assertThat(links.group(1)).startsWith("#");
      assertThat(html).contains("id=\"" + links.group(1).substring(1) + "\"");
    }
    assertThat(n).isEqualTo(4); // a heading, a cell, a bar, a claim
  }

  @Test
  void whatComesFromOutsideIsEscaped() {
    String html = everything().html();
    assertThat(html)
        .doesNotContain("<script", "alert('1')", "\u0007")
        .contains(
            "&lt;/pre&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &quot; &amp; ␇ � é 🙂\n");
  }

  @Test
  void thePageLoadsNothing() {
    String html = everything().html();
    assertThat(html).contains("default-src 'none'".replace("'", "&#39;"));
    assertThat(html).doesNotContain("http:", "https:", " src=", "url(", "@import");
  }

  @Test
  void everyElementIsClosedAndEveryIdIsUsedOnce() {
    String html = everything().html();
    Deque<String> open = new ArrayDeque<>();
    Matcher tags = Pattern.compile("<(/?)([a-z][a-z0-9]*)[^>]*>").matcher(html);
    while (tags.find()) {
      if (Set.of("meta").contains(tags.group(2))) {
        continue;
      }
      if (tags.group(1).isEmpty()) {
        open.push(tags.group(2));
      } else {
        assertThat(open.pop()).isEqualTo(tags.group(2));
      }
    }
    assertThat(open).isEmpty();
    List<String> ids =
        Pattern.compile(" id=\"([^\"]+)\"").matcher(html).results().map(m -> m.group(1)).toList();
    assertThat(ids).doesNotHaveDuplicates().contains("chart1-title", "chart2-desc");
  }

  @Test
  void aFileIsWrittenAsUtf8(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("report.html");
    everything().write(file);
    assertThat(Files.readString(file)).isEqualTo(everything().html()).startsWith("<!DOCTYPE html>");
  }

  @Test
  void tablesSetNumbersFlushRight() {
    String html =
        new Page("t")
            .table(new Table("c").text("name").numbers("a", "b").row("x", "1", "2"))
            .html();
    assertThat(html)
        .contains(
            "<th scope=\"row\" class=\"t\">x</th><td class=\"n\">1</td><td class=\"n\">2</td>");
    assertThatThrownBy(() -> new Table("c").text("name").row("x", "1"))
        .hasMessageContaining("table 'c' has 1 columns");
  }

  @Test
  void aTableAsLines() {
    Table table =
        new Table("c")
            .text("name")
            .numbers("n", "share")
            .cells(List.of(Cell.of("a long name"), Cell.of("1"), Cell.of("50.0", "40 to 60")));
    assertThat(table.isEmpty()).isFalse();
    assertThat(table.row("é🙂", "12", "–").plain())
        .isEqualTo(
            """
            c
            name          n            share
            a long name   1  50.0 (40 to 60)
            é🙂           12                –
            """);
  }
}
