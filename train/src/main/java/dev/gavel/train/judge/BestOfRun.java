package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.config.With;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowReader;
import dev.gavel.train.eval.RewardBench2;
import dev.gavel.train.eval.RewardBenchFiles;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.run.FolderLock;
import dev.gavel.train.run.FolderSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// `gavel eval rewardbench2`: every response of every question is scored or rated. The folder holds
/// what [ScoredResponses] or [RatedResponses] append to, `results.json`, and RewardBench's own
/// files ([BestOfFiles]).
public final class BestOfRun {
  /// Scores of each question, by judges that score.
  public static final String SCORES = "scores.jsonl";

  /// What is scored, by what, and where it goes.
  @OptGroup("Questions")
  public record Options(
      MethodOptions method,
      @Opt(value = "RewardBench 2's questions: JSON lines or Parquet", meta = "FILE")
          List<Path> dataset,
      @Opt(value = "folder for scores.jsonl or votes.jsonl, and results.json", meta = "DIR")
          Path outputDir,
      @With(RatingOptions.WRITTEN) RatingOptions rating) {
    public Options {
      if (dataset.isEmpty()) {
        throw new IllegalArgumentException("--dataset is missing: which questions?");
      }
      if (method.method() != JudgeMethod.COT && !method.method().scoresResponses()) {
        throw new IllegalArgumentException(
            "--method %s compares pairs; RewardBench 2 needs a score of each response: bt, dpo, or cot, which rates them"
                .formatted(method.method()));
      }
    }
  }

  private final ModelOptions model;
  private final Options options;
  private final String name;
  private final BestOfScores scores;

  /// @param name of the model in RewardBench's file
  public BestOfRun(
      ModelOptions model,
      Options options,
      String name,
      PrintStream log,
      BooleanSupplier interrupted) {
    this.model = model;
    this.options = options;
    this.name = name;
    MethodOptions method = options.method();
    List<Path> files = options.dataset();
    scores =
        method.method() == JudgeMethod.COT
            ? new RatedResponses(model, method, files, options.rating(), log, interrupted)
            : new ScoredResponses(model, method, files, log, interrupted);
  }

  /// @return the content of results.json; null when interrupted
  public @Nullable ObjectNode run() throws IOException {
    List<BestOfRow> rows = read();
    scores.check(rows);
    ObjectNode settings = scores.settings();
    Path file = options.outputDir().resolve(scores.file());
    try (FolderLock _ = FolderLock.take(options.outputDir())) {
      boolean fresh = FolderSettings.claim(options.outputDir(), settings, scores.file());
      try {
        List<BestOfScores.Answer> answers = scores.run(file, rows);
        return answers == null ? null : finish(rows, answers);
      } catch (IOException | RuntimeException e) {
        if (fresh && (!Files.exists(file) || Files.size(file) == 0)) {
          Files.deleteIfExists(file);
          Files.deleteIfExists(options.outputDir().resolve(FolderSettings.NAME));
        }
        throw e;
      }
    }
  }

  private List<BestOfRow> read() throws IOException {
    List<BestOfRow> rows = new ArrayList<>();
    try (RowReader in =
        RowReader.open(options.dataset(), InputStream.nullInputStream(), () -> {})) {
      for (Item item; (item = in.next()) != null; ) {
        switch (item) {
          case Row row -> rows.add(read(row));
          case BadRow bad -> throw new FormatException(bad.place() + ": " + bad.error());
        }
      }
    }
    if (rows.isEmpty()) {
      throw new FormatException(options.dataset() + ": no questions; there is nothing to score");
    }
    return rows;
  }

  private static BestOfRow read(Row row) throws FormatException {
    try {
      return BestOfRow.read(row);
    } catch (RowException e) {
      throw new FormatException(row.place() + ": " + e.getMessage(), e);
    }
  }

  private ObjectNode finish(List<BestOfRow> rows, List<BestOfScores.Answer> answers)
      throws IOException {
    Map<String, Double> subsets = subsets(rows, answers);
    ObjectNode results = Json.mapper().createObjectNode();
    results.put("n", rows.size()).put("mean", RewardBench2.mean(subsets));
    ObjectNode accuracies = results.putObject("subsets");
    subsets.forEach(accuracies::put);
    JudgeMethod method = options.method().method();
    BestOfFiles files =
        new BestOfFiles(
            new RewardBenchFiles(options.outputDir(), name, method),
            model.chatTemplate().orElse("tokenizer"));
    files.scores(subsets);
    if (method == JudgeMethod.COT) {
      long draws = answers.stream().mapToLong(BestOfScores.Answer::draws).sum();
      long unread = answers.stream().mapToLong(BestOfScores.Answer::unread).sum();
      results.put("abstain_rate", (double) unread / draws);
      files.items(rows, answers);
    }
    AtomicFiles.writeString(
        options.outputDir().resolve(JudgedFolder.RESULTS), Json.writePretty(results));
    return results;
  }

  /// The score of each subset.
  static Map<String, Double> subsets(List<BestOfRow> rows, List<BestOfScores.Answer> answers) {
    Map<String, List<Double>> credits = new LinkedHashMap<>();
    Map<String, List<RewardBench2.TiesItem>> ties = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      BestOfRow row = rows.get(i);
      if (RewardBench2.isTies(row.subset())) {
        double[] scores = Objects.requireNonNull(answers.get(i).scores());
        ties.computeIfAbsent(row.subset(), k -> new ArrayList<>()).add(row.ties(scores));
      } else {
        credits.computeIfAbsent(row.subset(), k -> new ArrayList<>()).add(answers.get(i).credit());
      }
    }
    Map<String, Double> subsets = new LinkedHashMap<>();
    credits.forEach(
        (subset, c) -> subsets.put(subset, c.stream().mapToDouble(x -> x).sum() / c.size()));
    ties.forEach((subset, items) -> subsets.put(subset, RewardBench2.ties(items)));
    return subsets;
  }
}
