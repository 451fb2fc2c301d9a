package dev.gavel.train.compare;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.star.StarRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// A STaR loop.
///
/// @param rounds results of those that are done
record StarredRun(Folder folder, List<JsonNode> rounds, boolean finished) implements Run {
  static boolean isOne(JsonNode settings) {
    return settings.has("iterations") && settings.has("samples_per_prompt");
  }

  static StarredRun read(Folder folder) throws IOException {
    List<JsonNode> rounds = new ArrayList<>();
    Path round;
    while (Files.exists(round = results(folder.dir(), rounds.size() + 1))) {
      rounds.add(Json.read(round));
    }
    return new StarredRun(folder, rounds, Files.exists(folder.dir().resolve(StarRun.RESULTS)));
  }

  private static Path results(Path dir, int round) {
    return dir.resolve("iteration-" + round).resolve(StarRun.RESULTS);
  }

  @Override
  public String what() {
    return "star, " + folder.settings().path("mode").asString("?");
  }

  @Override
  public String state() {
    int all = folder.settings().path("iterations").asInt(0);
    return finished ? FINISHED : "not finished: %d of %d rounds".formatted(rounds.size(), all);
  }

  /// The names of the files that its models judged.
  Set<String> evaluations() {
    Set<String> names = new LinkedHashSet<>();
    rounds.forEach(round -> names.addAll(round.path("evaluations").propertyNames()));
    return names;
  }

  /// The rounds whose model judged a file, and could be read.
  List<JsonNode> judging(String file) {
    return rounds.stream()
        .filter(round -> round.path("evaluations").path(file).path("accuracy").isNumber())
        .toList();
  }
}
