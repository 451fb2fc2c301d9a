package dev.gavel.train.compare;

import dev.gavel.tensor.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What runs are called: the last parts of their folders' paths, as many as it takes to tell each
/// from the others.
final class RunNames {
  private RunNames() {}

  /// @throws FormatException where a folder is named twice
  static List<String> of(List<Path> dirs) throws FormatException {
    List<Path> all = dirs.stream().map(dir -> dir.toAbsolutePath().normalize()).toList();
    for (int i = 0; i < all.size(); i++) {
      if (all.indexOf(all.get(i)) < i) {
        throw new FormatException(dirs.get(i) + ": is named twice; name each run once");
      }
    }
    List<String> names = new ArrayList<>();
    for (Path path : all) {
      int parts = 1;
      while (parts < path.getNameCount() && isShared(path, parts, all)) {
        parts++;
      }
      names.add(last(path, parts));
    }
    return names;
  }

  private static boolean isShared(Path path, int parts, List<Path> all) {
    String name = last(path, parts);
    return all.stream().anyMatch(p -> !p.equals(path) && last(p, parts).equals(name));
  }

  private static String last(Path path, int parts) {
    int all = path.getNameCount();
    return all == 0
        ? path.toString()
        : path.subpath(Math.max(0, all - parts), all).toString().replace('\\', '/');
  }
}
