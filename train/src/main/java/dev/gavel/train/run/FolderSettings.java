package dev.gavel.train.run;

import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `settings.json`: everything that decides what an output folder will hold. A folder goes on only
/// under the settings that it began with.
public final class FolderSettings {
  public static final String NAME = "settings.json";

  private FolderSettings() {}

  /// Writes the settings of a new folder, or compares them with those of an old one.
  ///
  /// @param work a file that only a folder with settings has
  /// @return whether the folder is new
  /// @throws IllegalStateException naming the first difference
  public static boolean claim(Path folder, ObjectNode settings, String work) throws IOException {
    Path file = folder.resolve(NAME);
    if (Files.exists(file)) {
      requireSame(folder, Json.read(file), settings);
      return false;
    }
    if (Files.exists(folder.resolve(work))) {
      throw new IllegalStateException(
          "%s holds %s without its %s; choose another --output_dir".formatted(folder, work, NAME));
    }
    AtomicFiles.writeString(file, Json.writePretty(settings));
    return true;
  }

  private static void requireSame(Path folder, JsonNode old, ObjectNode settings)
      throws IOException {
    JsonNode now = Json.parse(Json.write(settings), "settings");
    for (String key : now.propertyNames()) {
      if (!now.get(key).equals(old.path(key))) {
        throw new IllegalStateException(
            "%s was begun with %s = %s, now it is %s; repeat the first call, or choose another --output_dir"
                .formatted(folder, key, old.path(key), now.get(key)));
      }
    }
  }
}
