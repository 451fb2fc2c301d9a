package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Names of models on the Hub, where a folder is wanted.
final class HubNames {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][\\w.-]*/([A-Za-z0-9][\\w.-]*)");

  private HubNames() {}

  /// As [ModelFolder#requireFolder].
  static void requireFolder(Path dir) throws FormatException {
    if (Files.isDirectory(dir)) {
      return;
    }
    if (Files.exists(dir)) {
      throw new FormatException(dir + ": a file, expected a model folder");
    }
    String hint = hint(dir.toString().replace('\\', '/'));
    throw new FormatException(
        dir + (hint.isEmpty() ? ": no such file or folder" : ": no such folder" + hint));
  }

  /// How to get a folder for a name that may be one on the Hub; empty if it cannot be.
  static String hint(String name) {
    Matcher hub = NAME.matcher(name);
    return hub.matches()
        ? "; if it is a model's name on the Hub, download it and pass the folder: hf download %s --local-dir %s"
            .formatted(hub.group(), hub.group(1))
        : "";
  }
}
