package dev.gavel.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Where results of the reference libraries lie: a small set that is committed and always used, and
/// a large one where `-Dgavel.golden=DIR` names it. Both have the same layout.
public final class Golden {
  private static final List<Path> SETS = sets();

  private Golden() {}

  private static List<Path> sets() {
    List<Path> sets = new ArrayList<>();
    sets.add(Path.of(System.getProperty("gavel.golden.small")));
    String large = System.getProperty("gavel.golden", "");
    if (large.isEmpty()) {
      System.err.println("SKIPPED: the large golden set (-Dgavel.golden=DIR is not given)");
    } else if (Files.isDirectory(Path.of(large))) {
      sets.add(Path.of(large));
    } else {
      throw new IllegalStateException("-Dgavel.golden=" + large + " is not a directory");
    }
    return List.copyOf(sets);
  }

  /// `relative` in each set that has it; at least one does.
  public static List<Path> find(String relative) {
    List<Path> found = findIfPresent(relative);
    if (found.isEmpty()) {
      throw new IllegalStateException("no golden set of " + SETS + " holds " + relative);
    }
    return found;
  }

  /// `relative` in each set that has it; none may.
  public static List<Path> findIfPresent(String relative) {
    List<Path> found = SETS.stream().map(s -> s.resolve(relative)).filter(Files::exists).toList();
    if (found.isEmpty()) {
      System.err.println("SKIPPED: no golden set of " + SETS + " holds " + relative);
    }
    return found;
  }

  /// The roots of the sets that hold `relative`; at least one does.
  public static List<Path> roots(String relative) {
    find(relative);
    return SETS.stream().filter(s -> Files.exists(s.resolve(relative))).toList();
  }
}
