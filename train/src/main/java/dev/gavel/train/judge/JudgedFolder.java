package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.eval.JudgeResults;
import dev.gavel.train.report.Page;
import dev.gavel.train.run.FolderSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A folder in which all is judged.
///
/// @param settings what decided its votes
public record JudgedFolder(Path dir, ObjectNode settings, List<PairRow> pairs) {
  static final String RESULTS = "results.json";
  static final String REPORT = "report.html";

  /// @throws FormatException where it is none, or not all is judged
  public static JudgedFolder open(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      throw new FormatException(dir + ": no such folder");
    }
    if (!Files.exists(dir.resolve(FolderSettings.NAME))) {
      throw new FormatException(
          "%s: has no %s; expected a folder of `gavel judge`".formatted(dir, FolderSettings.NAME));
    }
    if (!Files.exists(dir.resolve(RESULTS))) {
      throw new FormatException(
          "%s: has no %s: not all is judged; repeat its call, which goes on"
              .formatted(dir, RESULTS));
    }
    JsonNode settings = Json.read(dir.resolve(FolderSettings.NAME));
    if (!(settings instanceof ObjectNode object)) {
      throw new FormatException(dir.resolve(FolderSettings.NAME) + ": expected an object");
    }
    return new JudgedFolder(dir, object, JudgedPairs.read(dir));
  }

  /// Its votes in their order.
  static VoteOrder order(ObjectNode settings, List<PairRow> pairs) {
    int draws = settings.has("n") ? settings.get("n").intValue() : 1;
    return new VoteOrder(pairs, new Placement(placement(settings), seed(settings)), draws);
  }

  private static Placement.Mode placement(ObjectNode settings) {
    return Placement.Mode.valueOf(settings.get("order").stringValue().toUpperCase(Locale.ROOT));
  }

  static long seed(ObjectNode settings) {
    return settings.get("seed").longValue();
  }

  /// Its pairs with the votes on each, in the order of the pairs.
  public List<ItemVotes> items() throws IOException {
    return count().tally().items();
  }

  /// Counts its votes.
  CountedVotes count() throws IOException {
    CountedVotes votes = CountedVotes.of(pairs);
    VoteOrder order = order(settings, pairs);
    try (VoteLines lines = VoteLines.open(dir)) {
      for (long place = 0; place < order.size(); place++) {
        votes.add(lines.next(order, place).vote());
      }
      lines.requireEnd();
    }
    return votes;
  }

  /// Writes what is made of votes: pairs, report and, last, results.
  ///
  /// @return the content of results.json
  static ObjectNode finish(Path dir, ObjectNode settings, CountedVotes votes, Benchmark benchmark)
      throws IOException {
    long seed = seed(settings);
    boolean both = placement(settings) == Placement.Mode.BOTH;
    JudgeResults results = votes.tally().results(both, seed);
    ObjectNode json = results.toJson();
    Page page = new Page("Judge: " + results.n() + " pairs");
    JudgeReport report = new JudgeReport(page);
    report.figures(results);
    benchmark.add(dir, votes.tally().items(), json, page);
    report.ends(votes.transcripts(), settings);
    JudgedPairs.write(dir, votes.rows());
    page.write(dir.resolve(REPORT));
    AtomicFiles.writeString(dir.resolve(RESULTS), Json.writePretty(json));
    return json;
  }
}
