package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowReader;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.eval.RewardBench2;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.run.FolderLock;
import dev.gavel.train.run.FolderSettings;
import dev.gavel.train.run.StatusLine;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `gavel eval rewardbench2`: scores every response of every question. The folder holds
/// `scores.jsonl`, a line `{"id", "subset", "num_correct", "scores"}` for each question, only ever
/// appended to, `results.json`, and RewardBench's `eval-set/MODEL.json`.
public final class BestOfRun {
  /// Scores of each question.
  public static final String SCORES = "scores.jsonl";

  /// What is scored, by what, and where it goes.
  @OptGroup("Questions")
  public record Options(
      MethodOptions method,
      @Opt(value = "RewardBench 2's questions: JSON lines or Parquet", meta = "FILE")
          List<Path> dataset,
      @Opt(value = "folder for scores.jsonl and results.json", meta = "DIR") Path outputDir) {
    public Options {
      if (dataset.isEmpty()) {
        throw new IllegalArgumentException("--dataset is missing: which questions?");
      }
      if (!method.method().scoresResponses()) {
        throw new IllegalArgumentException(
            "--method %s compares pairs; RewardBench 2 needs a score of each response: bt or dpo (rating by a written judgment is not built)"
                .formatted(method.method()));
      }
    }
  }

  private final ModelOptions model;
  private final Options options;
  private final String name;
  private final PrintStream log;
  private final BooleanSupplier interrupted;

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
    this.log = log;
    this.interrupted = interrupted;
  }

  /// @return the content of results.json; null when interrupted
  public @Nullable ObjectNode run() throws IOException {
    List<BestOfRow> rows = read();
    ObjectNode settings = JudgeSettings.ofScores(model, options.method(), options.dataset());
    Path scores = options.outputDir().resolve(SCORES);
    try (FolderLock _ = FolderLock.take(options.outputDir())) {
      boolean fresh = FolderSettings.claim(options.outputDir(), settings, SCORES);
      try {
        List<double[]> known = known(scores, rows);
        if (known.size() < rows.size() && !score(scores, rows, known)) {
          return null;
        }
        return finish(rows, known);
      } catch (IOException | RuntimeException e) {
        if (fresh && (!Files.exists(scores) || Files.size(scores) == 0)) {
          Files.deleteIfExists(scores);
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

  /// Scores of the questions that were answered before; half a line is cut off.
  private static List<double[]> known(Path file, List<BestOfRow> rows) throws IOException {
    List<double[]> known = new ArrayList<>();
    if (!Files.exists(file)) {
      return known;
    }
    String text = Files.readString(file);
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    if (whole.length() < text.length()) {
      AtomicFiles.writeString(file, whole);
    }
    for (String line : whole.lines().toList()) {
      JsonNode read = Json.parse(line, file + ":" + (known.size() + 1));
      BestOfRow row = known.size() < rows.size() ? rows.get(known.size()) : null;
      boolean fits =
          row != null
              && line.startsWith("{\"id\":" + Json.write(row.row().id()) + ",")
              && read.path("scores").size() == row.responses().size();
      if (!fits) {
        throw new IllegalStateException(
            "%s:%d: is not the question that belongs there; the file was changed: choose another --output_dir"
                .formatted(file, known.size() + 1));
      }
      known.add(read.get("scores").valueStream().mapToDouble(JsonNode::doubleValue).toArray());
    }
    return known;
  }

  /// @return false when interrupted
  private boolean score(Path file, List<BestOfRow> rows, List<double[]> known) throws IOException {
    try (OpenJudge judge = OpenJudge.open(model, options.method());
        StatusLine status = new StatusLine(log, "questions", known.size())) {
      ResponseScorer scorer = judge.responses();
      PreferenceRows tokenizer = judge.rows(PreferenceRows.Options.DEFAULT);
      while (known.size() < rows.size() && !interrupted.getAsBoolean()) {
        BestOfRow row = rows.get(known.size());
        double[] scores = scores(row, scorer, tokenizer);
        Files.writeString(
            file,
            line(row, scores) + "\n",
            StandardCharsets.UTF_8,
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
        known.add(scores);
        status.update(known.size(), rows.size(), "");
      }
    }
    return known.size() == rows.size();
  }

  private static double[] scores(BestOfRow row, ResponseScorer scorer, PreferenceRows tokenizer)
      throws IOException {
    double[] scores = new double[row.responses().size()];
    for (int i = 0; i < scores.length; i++) {
      try {
        Tokenized tokens = tokenizer.tokenizeAsNamed(row.response(i)).chosen();
        if (tokens.length() > scorer.context()) {
          throw new RowException(
              "response %d has %d tokens with its prompt; the model's context holds %d"
                  .formatted(i, tokens.length(), scorer.context()));
        }
        scores[i] = scorer.scores(List.of(tokens))[0];
      } catch (RowException e) {
        throw new IllegalStateException(row.row().place() + ": " + e.getMessage(), e);
      }
      if (!Double.isFinite(scores[i])) {
        throw new IllegalStateException(
            "%s: the score of response %d is %s".formatted(row.row().place(), i, scores[i]));
      }
    }
    return scores;
  }

  private static String line(BestOfRow row, double[] scores) {
    ObjectNode line = Json.mapper().createObjectNode();
    line.set("id", row.row().id());
    line.put("subset", row.subset()).put("num_correct", row.correct());
    var list = line.putArray("scores");
    for (double score : scores) {
      list.add(score);
    }
    return Json.write(line);
  }

  private ObjectNode finish(List<BestOfRow> rows, List<double[]> scores) throws IOException {
    Map<String, List<Double>> credits = new LinkedHashMap<>();
    Map<String, List<RewardBench2.TiesItem>> ties = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      BestOfRow row = rows.get(i);
      if (RewardBench2.isTies(row.subset())) {
        ties.computeIfAbsent(row.subset(), k -> new ArrayList<>()).add(row.ties(scores.get(i)));
      } else {
        credits
            .computeIfAbsent(row.subset(), k -> new ArrayList<>())
            .add(RewardBench2.bestOf(scores.get(i)));
      }
    }
    Map<String, Double> subsets = new LinkedHashMap<>();
    credits.forEach(
        (subset, c) -> subsets.put(subset, c.stream().mapToDouble(x -> x).sum() / c.size()));
    ties.forEach((subset, items) -> subsets.put(subset, RewardBench2.ties(items)));
    ObjectNode results = Json.mapper().createObjectNode();
    results.put("n", rows.size()).put("mean", RewardBench2.mean(subsets));
    ObjectNode accuracies = results.putObject("subsets");
    subsets.forEach(accuracies::put);
    write(subsets);
    AtomicFiles.writeString(
        options.outputDir().resolve(JudgedFolder.RESULTS), Json.writePretty(results));
    return results;
  }

  /// RewardBench's own file, its keys sorted.
  private void write(Map<String, Double> subsets) throws IOException {
    ObjectNode file = Json.mapper().createObjectNode();
    Map<String, JsonNode> sorted = new TreeMap<>();
    var nodes = Json.mapper().getNodeFactory();
    subsets.forEach((subset, score) -> sorted.put(subset, nodes.numberNode(score)));
    sorted.put("model", nodes.stringNode(name));
    boolean bt = options.method().method() == JudgeMethod.BT;
    sorted.put("model_type", nodes.stringNode(bt ? "Seq. Classifier" : "DPO"));
    sorted.put("chat_template", nodes.stringNode(model.chatTemplate().orElse("tokenizer")));
    sorted.forEach(file::set);
    Path folder = options.outputDir().resolve("eval-set");
    Files.createDirectories(folder);
    AtomicFiles.writeString(folder.resolve(name + ".json"), Json.writePretty(file));
  }
}
