package dev.gavel.cuda.planted;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A mistake to be made in a kernel on purpose.
///
/// @param stem the kernel's file, whose tests must notice
/// @param file the file to change: the `.cu` or a header
/// @param what in words
/// @param notice what the complaint must contain; empty: any failure will do
/// @param edits the changes
record PlantedBug(String stem, String file, String what, String notice, List<Edit> edits) {
  /// @param old a piece of the text, white space standing for any white space
  /// @param places how often it stands there
  record Edit(String old, String now, int places) {
    String apply(String text, String file) {
      Matcher m = pattern().matcher(text);
      StringBuilder out = new StringBuilder();
      int found = 0;
      while (m.find()) {
        m.appendReplacement(out, Matcher.quoteReplacement(now));
        found++;
      }
      if (found != places) {
        throw new IllegalArgumentException(
            "`%s` stands in %s %d times, expected %d".formatted(old, file, found, places));
      }
      return m.appendTail(out).toString();
    }

    private Pattern pattern() {
      StringBuilder p = new StringBuilder();
      for (String word : old.strip().split("\\s+", -1)) {
        p.append(p.isEmpty() ? "" : "\\s+").append(Pattern.quote(word));
      }
      return Pattern.compile(p.toString());
    }
  }

  private static final Pattern HEAD =
      Pattern.compile("(\\w+)(?: (\\w+\\.h))?: (.+?)(?: \\(([^()]+)\\))?");
  private static final Pattern EDIT = Pattern.compile("\\s+`([^`]+)` -> `([^`]*)`(?: x(\\d+))?");

  /// Reads a table: a line `STEM [HEADER]: what is wrong (complaint)`, then indented lines `` `old`
  /// -> `new` ``, with ` x2` where it stands twice. `#` begins a comment.
  static List<PlantedBug> read(Path table) throws IOException {
    List<PlantedBug> bugs = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(table)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Matcher edit = EDIT.matcher(line);
      Matcher head = HEAD.matcher(line);
      if (edit.matches() && !bugs.isEmpty()) {
        int places = edit.group(3) == null ? 1 : Integer.parseInt(edit.group(3));
        bugs.getLast().edits.add(new Edit(edit.group(1), edit.group(2), places));
      } else if (head.matches()) {
        String file = head.group(2) == null ? head.group(1) + ".cu" : head.group(2);
        String notice = head.group(4) == null ? "" : head.group(4);
        bugs.add(new PlantedBug(head.group(1), file, head.group(3), notice, new ArrayList<>()));
      } else {
        throw new IllegalArgumentException(
            table.getFileName()
                + ":"
                + number
                + ": neither `STEM [HEADER]: what (complaint)` nor ` `old` -> `new``: "
                + line);
      }
    }
    return bugs;
  }

  /// Makes the mistake in a copy of the sources.
  void plant(Path folder) throws IOException {
    if (edits.isEmpty()) {
      throw new IllegalArgumentException("no change is given");
    }
    Path target = folder.resolve(file);
    String text = Files.readString(target);
    for (Edit e : edits) {
      text = e.apply(text, file);
    }
    Files.writeString(target, text);
  }
}
