package dev.gavel.cli;

/// Lines of a name and a value, values flush and folded between words.
final class Fields {
  private static final int COLUMN = 14;
  private static final int WIDTH = 100;

  private final StringBuilder text = new StringBuilder();

  /// @param name empty: the value belongs to the field above
  Fields add(String name, String value) {
    StringBuilder line = new StringBuilder(name).repeat(' ', Math.max(1, COLUMN - name.length()));
    boolean empty = true;
    for (String word : value.split(" ")) {
      if (!empty && line.length() + 1 + word.length() > WIDTH) {
        text.append(line).append('\n');
        line.setLength(0);
        line.repeat(' ', COLUMN);
        empty = true;
      }
      line.append(empty ? "" : " ").append(word);
      empty = false;
    }
    text.append(line).append('\n');
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
