package dev.gavel.train.report;

import dev.gavel.tensor.io.AtomicFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A page: what is added first stands first. It is one file with its style inside, light or dark as
/// the reader's system is, without scripts, and it may load nothing.
public final class Page {
  /// A part of a transcript: who or what, and the text.
  public record Part(String label, String text) {}

  private final String title;
  private final Html body = new Html();
  private int charts;

  public Page(String title) {
    this.title = title;
  }

  public Page heading(String text) {
    body.element("h2", text).line();
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

  public Page chart(LineChart chart) {
    ChartSvg.write(chart, "chart" + ++charts, body);
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
    page.verbatim(body.toString());
    return page.close("main").close("body").close("html").line().toString();
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
