package dev.gavel.train.eval;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Nearest;
import dev.gavel.train.judge.Benchmark;
import dev.gavel.train.judge.JudgeMethod;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Side;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// RewardBench's figures of a judged folder, and the two files that its own scripts write:
/// `eval-set/MODEL.json`, the accuracy of each subset, and `eval-set-scores/MODEL.json`, a list for
/// each column: `id`, `subset`, `results`, `text_chosen` and `text_rejected` (messages), and of
/// judges that score responses `scores_chosen` and `scores_rejected`.
public final class RewardBenchFolder implements Benchmark {
  private final JudgeMethod method;
  private final String model;
  private final String chatTemplate;
  private final long seed;

  /// @param model the name that the files say and have
  /// @param chatTemplate `tokenizer` for the model's own
  public RewardBenchFolder(JudgeMethod method, String model, String chatTemplate, long seed) {
    this.method = method;
    this.model = model;
    this.chatTemplate = chatTemplate;
    this.seed = seed;
  }

  @Override
  public void check(List<PairRow> pairs) throws FormatException {
    for (PairRow pair : pairs) {
      String subset = pair.subset();
      if (subset == null || !isKnown(name(subset))) {
        throw new FormatException(
            "item %s: %s; RewardBench's rows name theirs%s (pairs of other files: gavel judge)"
                .formatted(
                    Json.write(pair.id()),
                    subset == null ? "no subset" : "no subset of RewardBench is '" + subset + "'",
                    subset == null ? "" : ", the nearest is " + Nearest.to(subset, known())));
      }
      if (!pair.isDecided()) {
        throw new FormatException(
            "item %s: no response is labelled as the better one".formatted(Json.write(pair.id())));
      }
    }
  }

  private static boolean isKnown(String subset) {
    return known().contains(subset) || RewardBench.UNCOUNTED.contains(subset);
  }

  private static List<String> known() {
    List<String> known = new ArrayList<>();
    RewardBench.SECTIONS.values().forEach(weights -> known.addAll(weights.keySet()));
    known.addAll(RewardBench.PRIOR);
    return known;
  }

  /// The card of the data set spells one of them otherwise than the data.
  private static String name(String subset) {
    return subset.equals("mt-bench-medium") ? "mt-bench-med" : subset;
  }

  /// What an item is worth: values must differ in the right direction, an undecided one is worth
  /// nothing; of a judge that writes or answers it is worth half (`run_rm.py`, `run_dpo.py`,
  /// `run_generative.py`).
  private double credit(ItemVotes item) {
    return switch (method) {
      case BT, DPO, PAIRRM -> item.credit() == 1 ? 1 : 0;
      case COT, GENRM -> item.credit();
    };
  }

  @Override
  public void add(Path folder, List<ItemVotes> items, ObjectNode results, Page page)
      throws IOException {
    Map<String, List<Double>> credits = new LinkedHashMap<>();
    for (ItemVotes item : items) {
      credits.computeIfAbsent(subset(item), k -> new ArrayList<>()).add(credit(item));
    }
    Map<String, double[]> arrays = new LinkedHashMap<>();
    credits.forEach((name, list) -> arrays.put(name, list.stream().mapToDouble(c -> c).toArray()));
    RewardBenchResult result =
        RewardBenchResult.of(arrays, new Bootstrap(seed, Bootstrap.RESAMPLES));
    result.addTo(results);
    show(page, result);
    RewardBenchFiles files = new RewardBenchFiles(folder, model, method);
    files.write(RewardBenchFiles.FIGURES, scores(about(files), result));
    files.write(RewardBenchFiles.ITEMS, columns(about(files), items));
  }

  private static String subset(ItemVotes item) {
    return name(Objects.requireNonNull(item.row().subset()));
  }

  private static void show(Page page, RewardBenchResult result) {
    page.heading("RewardBench");
    Table table = new Table("Sections, %").text("section").numbers("score", "95 % interval");
    result
        .sections()
        .forEach((name, score) ->
            table.row(name, Figures.percent(score), interval(result.ci95().get(name))));
    table.row(
        "mean",
        Figures.percent(RewardBench.mean(result.sections())),
        interval(result.ci95().get("mean_of_sections")));
    page.table(table);
  }

  private static String interval(Bootstrap.@Nullable Interval ci) {
    return ci == null ? "–" : Figures.percent(ci.low()) + " to " + Figures.percent(ci.high());
  }

  // ---------------------------------------------------------------- RewardBench's files

  private Map<String, JsonNode> about(RewardBenchFiles files) {
    Map<String, JsonNode> about = files.about();
    about.put("chat_template", Json.mapper().getNodeFactory().stringNode(chatTemplate));
    return about;
  }

  private static Map<String, JsonNode> scores(
      Map<String, JsonNode> scores, RewardBenchResult result) {
    result
        .subsets()
        .forEach((name, s) -> scores.put(name, Json.mapper().getNodeFactory().numberNode(s)));
    return scores;
  }

  private Map<String, JsonNode> columns(Map<String, JsonNode> columns, List<ItemVotes> items) {
    ArrayNode ids = Json.mapper().createArrayNode();
    ArrayNode subsets = Json.mapper().createArrayNode();
    ArrayNode results = Json.mapper().createArrayNode();
    ArrayNode chosen = Json.mapper().createArrayNode();
    ArrayNode rejected = Json.mapper().createArrayNode();
    ArrayNode better = Json.mapper().createArrayNode();
    ArrayNode worse = Json.mapper().createArrayNode();
    for (ItemVotes item : items) {
      boolean inOrder = item.labelled() == Side.FIRST;
      ids.add(item.row().id());
      subsets.add(subset(item));
      double credit = credit(item);
      if (credit == 0.5) {
        results.add(credit);
      } else {
        results.add((int) credit);
      }
      chosen.add(text(item.row(), inOrder ? item.row().first() : item.row().second()));
      rejected.add(text(item.row(), inOrder ? item.row().second() : item.row().first()));
      better.add(inOrder ? item.scoreOfFirst() : item.scoreOfSecond());
      worse.add(inOrder ? item.scoreOfSecond() : item.scoreOfFirst());
    }
    columns.put("id", ids);
    columns.put("subset", subsets);
    columns.put("results", results);
    columns.put("text_chosen", chosen);
    columns.put("text_rejected", rejected);
    if (method.scoresResponses()) {
      columns.put("scores_chosen", better);
      columns.put("scores_rejected", worse);
    }
    return columns;
  }

  private static ArrayNode text(PairRow row, String response) {
    ArrayNode turns = Json.mapper().createArrayNode();
    row.prompt().forEach(m -> turns.addObject().put("role", m.role()).put("content", m.content()));
    turns.addObject().put("role", "assistant").put("content", response);
    return turns;
  }
}
