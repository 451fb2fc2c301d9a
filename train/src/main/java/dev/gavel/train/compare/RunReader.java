package dev.gavel.train.compare;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.run.FolderSettings;
import dev.gavel.train.run.RunFolder;
import dev.gavel.train.run.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Tells of what kind a folder is, by the files in it.
final class RunReader {
  private RunReader() {}

  /// @throws FormatException naming every folder that is no run
  static List<Run> readAll(List<Path> dirs) throws IOException {
    List<String> names = RunNames.of(dirs);
    List<Run> runs = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < dirs.size(); i++) {
      try {
        runs.add(read(dirs.get(i), names.get(i)));
      } catch (FormatException e) {
        problems.add(e.getMessage());
      }
    }
    if (!problems.isEmpty()) {
      throw new FormatException(String.join("\n", problems));
    }
    return runs;
  }

  private static Run read(Path dir, String name) throws IOException {
    if (!Files.isDirectory(dir)) {
      throw new FormatException(
          dir
              + (Files.exists(dir)
                  ? ": a file, expected the folder of a run"
                  : ": no such folder"));
    }
    if (TrainedRun.isOne(dir)) {
      return TrainedRun.read(dir, name);
    }
    Path file = dir.resolve(FolderSettings.NAME);
    if (Files.exists(file)) {
      Run run = read(new Run.Folder(dir, name, Json.read(file)));
      if (run != null) {
        return run;
      }
    }
    throw new FormatException(dir + ": " + reason(dir));
  }

  private static @Nullable Run read(Run.Folder folder) throws IOException {
    JsonNode settings = folder.settings();
    if (DemoRun.isOne(settings)) {
      return DemoRun.read(folder);
    }
    if (StarredRun.isOne(settings)) {
      return StarredRun.read(folder);
    }
    if (JudgedRun.isOne(settings)) {
      return JudgedRun.read(folder);
    }
    return ScoredRun.isOne(settings) ? ScoredRun.read(folder) : null;
  }

  private static String reason(Path dir) {
    return Files.exists(dir.resolve(TrainerState.FILE))
        ? "a checkpoint; name the run's folder, which holds it"
        : "no folder of a run; expected %s (training) or a %s of judge, eval, star or demo"
            .formatted(RunFolder.CONFIG, FolderSettings.NAME);
  }
}
