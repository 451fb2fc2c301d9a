package dev.gavel.train.report;

import dev.gavel.tensor.io.AtomicFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A page: what is added first stands first. It is one file with its style inside, light or dark as
/// the reader's system is, without scripts, and it may load nothing.
public final class Page {
  /// A part of a transcript: who or what, and the text.
  ///
  /// @param standing of what is said in it; null where nothing is claimed
  public record Part(String label, String text, @Nullable Standing standing) {
    public Part(String label, String text) {
      this(label, text, null);
    }
  }

  /// A text that leads to a place of the page.
  ///
  /// @param anchor see [#anchor]; empty: it leads nowhere
  public record Link(String text, String anchor) {}

  /// How a claim stands.
  public enum Standing {
    YES,
    NO,
    OPEN
  }

  private final String title;
  private final Html body = new Html();
  private final List<String> headings = new ArrayList<>();
  private int contentsAt = -1;
  private int charts;

  public Page(String title) {
    this.title = title;
  }

  public Page heading(String text) {
    headings.add(text);
    body.element("h2", text, "id", "part" + headings.size()).line();
    return this;
  }

  public Page subheading(String text) {
    body.element("h3", text).line();
    return this;
  }

  /// The headings of the whole page, as links, stand here.
  public Page contents() {
    contentsAt = body.length();
    return this;
  }

  public Page paragraph(String text) {
    body.element("p", text).line();
    return this;
  }

  /// A remark, set smaller.
  public Page note(String text) {
    body.element("p", text, "class", "note").line();
    return this;
  }

  /// Names and values, in the order of the map.
  public Page facts(Map<String, String> facts) {
    body.open("dl");
    facts.forEach((name, value) -> body.element("dt", name).element("dd", value));
    body.close("dl").line();
    return this;
  }

  public Page table(Table table) {
    table.write(body);
    return this;
  }

  public Page chart(BarChart chart) {
    BarSvg.write(chart, "chart" + ++charts, body);
    return this;
  }

  public Page chart(LineChart chart) {
    ChartSvg.write(chart, "chart" + ++charts, body);
    return this;
  }

  /// Charts, side by side where there is room.
  public Page charts(List<LineChart> charts) {
    body.open("div", "class", "charts").line();
    charts.forEach(this::chart);
    body.close("div").line();
    return this;
  }

  /// What one can unfold: a summary line, and texts as they were, spaces and line breaks kept.
  public Page transcript(String summary, List<Part> parts) {
    body.open("details").element("summary", summary);
    for (Part part : parts) {
      body.element("p", part.label(), "class", "who").element("pre", part.text());
    }
    body.close("details").line();
    return this;
  }

  /// A claim, how it stands, what there is to say, and what it rests on.
  public Page claim(Standing standing, String word, String text, String remark, List<Link> rests) {
    body.open("div", "class", "claim " + style(standing)).element("span", word, "class", "badge");
    body.element("p", text, "class", "said").element("p", remark).open("p", "class", "note");
    for (int i = 0; i < rests.size(); i++) {
      body.text(i == 0 ? "" : "; ").link(rests.get(i).text(), Html.place(rests.get(i).anchor()));
    }
    body.close("p").close("div").line();
    return this;
  }

  private static String style(Standing standing) {
    return standing.name().toLowerCase(Locale.ROOT);
  }

  /// Begins what one can unfold; a link to an [#anchor] in it unfolds it.
  public Page fold(String summary) {
    body.open("details").element("summary", summary).line();
    return this;
  }

  public Page unfold() {
    body.close("details").line();
    return this;
  }

  /// A place that links lead to, with its title.
  ///
  /// @param id differs from that of any other place of the page
  public Page anchor(String id, String title) {
    body.element("h4", title, "id", id).line();
    return this;
  }

  /// Texts as they were, one under the other, or side by side where there is room.
  public Page texts(List<Part> parts, boolean beside) {
    body.open("div", "class", beside ? "beside" : "under");
    for (Part part : parts) {
      body.open(
          "div", "class", part.standing() == null ? "part" : "part " + style(part.standing()));
      body.element("p", part.label(), "class", "who").element("pre", part.text()).close("div");
    }
    body.close("div").line();
    return this;
  }

  /// The whole file.
  public String html() {
    Html page = new Html();
    page.verbatim("<!DOCTYPE html>\n").open("html", "lang", "en").open("head").line();
    page.open("meta", "charset", "utf-8").line();
    page.open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1").line();
    page.open("meta", "name", "color-scheme", "content", "light dark").line();
    page.open(
        "meta",
        "http-equiv",
        "Content-Security-Policy",
        "content",
        "default-src 'none'; style-src 'unsafe-inline'");
    page.line().element("title", title).line();
    page.open("style").verbatim(style()).close("style").close("head").line();
    page.open("body").open("main").element("h1", title).line();
    String all = body.toString();
    if (contentsAt >= 0) {
      page.verbatim(all.substring(0, contentsAt));
      writeContents(page);
    }
    page.verbatim(all.substring(Math.max(contentsAt, 0)));
    return page.close("main").close("body").close("html").line().toString();
  }

  private void writeContents(Html page) {
    page.open("nav").open("ol");
    for (int i = 0; i < headings.size(); i++) {
      page.open("li").link(headings.get(i), Html.place("part" + (i + 1))).close("li");
    }
    page.close("ol").close("nav").line();
  }

  /// Writes the file, whole or not at all.
  public void write(Path file) throws IOException {
    AtomicFiles.writeString(file, html());
  }

  private static String style() {
    try (InputStream in = Page.class.getResourceAsStream("page.css")) {
      if (in == null) {
        throw new IllegalStateException("this build has no resource report/page.css");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("resource report/page.css cannot be read", e);
    }
  }
}
