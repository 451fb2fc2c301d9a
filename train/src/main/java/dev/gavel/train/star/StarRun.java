package dev.gavel.train.star;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.model.Fingerprint;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.run.FolderLock;
import dev.gavel.train.run.FolderSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// `gavel star` (Zelikman et al., arXiv 2203.14465; *Generative Reward Models*, section 3.3):
/// rounds of sampling chains with the current judge, keeping what the labels say is right, and
/// learning from it. The next round begins with the model that this one made, on rows that none has
/// seen.
///
/// The same command on the same folder goes on where it stopped.
public final class StarRun {
  public static final String RESULTS = "results.json";

  /// Options that may differ between calls on one folder.
  private static final List<String> FREE =
      List.of("output_dir", "threads", "resume_from_checkpoint");

  private final Bound<StarConfig> bound;
  private final StarConfig config;
  private final PrintStream log;
  private final BooleanSupplier interrupted;

  public StarRun(Bound<StarConfig> bound, PrintStream log, BooleanSupplier interrupted) {
    this.bound = bound;
    this.config = bound.options();
    this.log = log;
    this.interrupted = interrupted;
  }

  /// Runs what is not done yet.
  ///
  /// @return the content of results.json; null when interrupted
  public @Nullable ObjectNode run() throws IOException {
    Path folder = config.train().outputDir();
    List<List<PairRow>> parts = parts();
    if (config.train().dryRun()) {
      return new StarEstimate(bound, parts, log).measure();
    }
    try (FolderLock _ = FolderLock.take(folder)) {
      FolderSettings.claim(folder, settings(), "iteration-1");
      ObjectNode base = new Evaluation(bound, 0).run(log, interrupted);
      if (base == null) {
        return null;
      }
      List<ObjectNode> rounds = new ArrayList<>();
      ModelOptions model = config.model();
      for (int k = 1; k <= config.star().iterations(); k++) {
        Round round = new Round(bound, k, model, parts.get(k - 1), log, interrupted);
        ObjectNode results = round.run();
        if (results == null) {
          return null;
        }
        rounds.add(results);
        model = round.after();
      }
      ObjectNode json = results(base, rounds);
      String page = new StarReport(bound, json, parts).html();
      AtomicFiles.writeString(folder.resolve("report.html"), page);
      AtomicFiles.writeString(folder.resolve(RESULTS), Json.writePretty(json));
      return json;
    }
  }

  private ObjectNode results(ObjectNode base, List<ObjectNode> rounds) {
    ObjectNode json = Json.mapper().createObjectNode();
    json.put("mode", config.star().mode().name().toLowerCase(Locale.ROOT));
    json.putObject("base").set("evaluations", base);
    rounds.forEach(json.putArray("iterations")::add);
    return json;
  }

  /// Everything that decides what the folder will hold.
  private ObjectNode settings() throws IOException {
    ObjectNode settings = bound.json();
    FREE.forEach(settings::remove);
    settings.put("learning_rate", StarConfig.rate(bound));
    settings.put(
        "model_fingerprint",
        Fingerprint.ofModel(config.model().modelNameOrPath(), config.model().baseModel()));
    settings.put("dataset_fingerprint", Fingerprint.ofFiles(config.data().dataset()));
    settings.put("eval_fingerprint", Fingerprint.ofFiles(config.data().evalDataset()));
    return settings;
  }

  /// The rows that have a label, in random order, cut into one part for each round. Rows of one
  /// tree of UltraInteract are in one part: no round sees a question that an earlier one learned
  /// from.
  private List<List<PairRow>> parts() throws IOException {
    PairReader reader =
        new PairReader(config.data().datasetFormat().orElse(null), config.judging().seed());
    List<PairReader.Entry> all = reader.readEntries(config.data().dataset());
    List<PairReader.Entry> labelled = all.stream().filter(e -> e.pair().isDecided()).toList();
    int n = config.star().iterations();
    if (labelled.size() < n) {
      throw new FormatException(
          "%s: %d of %d rows have a label that prefers one answer; %d rounds need at least as many"
              .formatted(config.data().dataset(), labelled.size(), all.size(), n));
    }
    if (labelled.size() < all.size()) {
      log.printf(
          "%d of %d rows have no label or a tie, and are left out%n",
          all.size() - labelled.size(), all.size());
    }
    List<List<PairRow>> parts = Parts.of(labelled, n, config.judging().seed());
    if (parts.stream().anyMatch(List::isEmpty)) {
      throw new FormatException(
          "%s: the rows with a label belong to too few trees (by parent_id) to give each of %d rounds rows of its own; fewer --iterations, or more rows"
              .formatted(config.data().dataset(), n));
    }
    return parts;
  }
}
