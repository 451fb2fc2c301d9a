package dev.gavel.bench.report;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// What `gavel bench report` takes.
///
/// @param full more turns, longer ones, and JMH as the benches declare it (some two hours)
/// @param only names of sections; empty: all
/// @param turns of each side; 0: as each section likes
record ReportOptions(boolean full, Set<String> only, int turns, Path outputFile) {
  static final String USAGE =
      """
      Usage: gavel bench report [--full] [--only NAME,…] [--turns N] [--output_file FILE]
        --full         more and longer turns, votes, and JMH as the benches declare it (hours instead of minutes)
        --only         these sections alone: %s
        --turns        turns of each side
        --output_file  where the report goes (default: bench/PERFORMANCE.md)
      """;

  /// @param names of all sections
  /// @throws IllegalArgumentException saying what is wrong
  static ReportOptions parse(List<String> words, List<String> names, Path home) {
    boolean full = false;
    Set<String> only = new TreeSet<>();
    int turns = 0;
    Path file = home.resolve("bench/PERFORMANCE.md");
    Deque<String> left = new ArrayDeque<>();
    words.forEach(
        w -> left.addAll(List.of(w.startsWith("--") ? w.split("=", 2) : new String[] {w})));
    while (!left.isEmpty()) {
      String flag = left.remove();
      switch (flag) {
        case "--full" -> full = flagValue(left);
        case "--only" -> only.addAll(List.of(value(flag, left).split(",")));
        case "--turns" -> turns = count(value(flag, left));
        case "--output_file" -> file = Path.of(value(flag, left));
        default -> throw new IllegalArgumentException("unknown option " + flag);
      }
    }
    for (String name : only) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            "--only %s: no such section; here are %s".formatted(name, names));
      }
    }
    return new ReportOptions(full, only, turns, file);
  }

  private static boolean flagValue(Deque<String> left) {
    boolean given = "true".equals(left.peek()) || "false".equals(left.peek());
    return !given || Boolean.parseBoolean(left.remove());
  }

  private static String value(String flag, Deque<String> left) {
    if (left.isEmpty()) {
      throw new IllegalArgumentException(flag + " needs a value");
    }
    return left.remove();
  }

  private static int count(String text) {
    try {
      int turns = Integer.parseInt(text);
      if (turns > 0) {
        return turns;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException("--turns %s: expected 1 or more".formatted(text));
  }

  /// @param onlyInFull whether a section is measured by default with `--full` alone
  boolean wants(String name, boolean onlyInFull) {
    return only.contains(name) || (only.isEmpty() && (full || !onlyInFull));
  }
}
