package dev.gavel.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
        .transcript(HOSTILE, List.of(new Page.Part(HOSTILE, HOSTILE)));
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
    assertThat(html).doesNotContain("http:", "https:", " src=", "url(", "@import", "href=");
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
}
