package dev.gavel.train.report;

/// Writes HTML in which everything that comes from outside is escaped.
final class Html {
  private final StringBuilder out = new StringBuilder();

  /// Opens an element.
  ///
  /// @param attributes name, value, name, value …
  Html open(String tag, Object... attributes) {
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(attributes[i + 1].toString());
      out.append('"');
    }
    out.append('>');
    return this;
  }

  Html close(String tag) {
    out.append("</").append(tag).append('>');
    return this;
  }

  Html text(String text) {
    escape(text);
    return this;
  }

  /// A whole element with a text in it.
  Html element(String tag, String text, Object... attributes) {
    return open(tag, attributes).text(text).close(tag);
  }

  /// A text that leads elsewhere; a bare text where the target is empty.
  ///
  /// @param target `#` and a place of the page, or another file's address
  Html link(String text, String target) {
    return target.isEmpty() ? text(text) : element("a", text, "href", target);
  }

  /// Where a place of the page is, as a target; empty where there is none.
  static String place(String anchor) {
    return anchor.isEmpty() ? "" : "#" + anchor;
  }

  /// A style sheet, or the line that HTML begins with: text of ours, taken as it is.
  Html verbatim(String text) {
    out.append(text);
    return this;
  }

  Html line() {
    out.append('\n');
    return this;
  }

  /// A text may be anything that a model said: control characters, which HTML forbids, are shown as
  /// their pictures, and half a surrogate pair as U+FFFD.
  private void escape(String text) {
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '&' -> out.append("&amp;");
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '"' -> out.append("&quot;");
            case '\'' -> out.append("&#39;");
            case '\n', '\t' -> out.append((char) c);
            default -> out.appendCodePoint(shown(c));
          }
        });
  }

  private static int shown(int c) {
    if (c < 0x20) {
      return 0x2400 + c;
    }
    boolean forbidden =
        c >= 0x7f && c < 0xa0 || c >= 0xd800 && c < 0xe000 || (c & 0xfffe) == 0xfffe;
    return forbidden ? 0xfffd : c;
  }

  int length() {
    return out.length();
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
