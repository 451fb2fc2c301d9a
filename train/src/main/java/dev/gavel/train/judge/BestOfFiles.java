package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.RewardBench2;
import dev.gavel.train.eval.RewardBenchFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// The files that RewardBench 2's scripts write (`run_v2.py`, `run_generative_v2.py`), keys sorted.
///
/// @param chatTemplate `tokenizer` for the model's own
record BestOfFiles(RewardBenchFiles files, String chatTemplate) {
  /// `eval-set/MODEL.json`: the score of each subset.
  void scores(Map<String, Double> subsets) throws IOException {
    JsonNodeFactory nodes = Json.mapper().getNodeFactory();
    Map<String, JsonNode> file = files.about();
    subsets.forEach((subset, score) -> file.put(subset, nodes.numberNode(score)));
    file.put("chat_template", nodes.stringNode(chatTemplate));
    files.write(RewardBenchFiles.FIGURES, file);
  }

  /// `eval-set-scores/MODEL.json`: a list for each column: `id`, `subset`, `num_correct`, `results`
  /// (null in Ties), `scores` (null where the best one was named), `texts_chosen` and
  /// `texts_rejected` (lists of messages). Ties come last.
  void items(List<BestOfRow> rows, List<BestOfScores.Answer> answers) throws IOException {
    Map<String, ArrayNode> columns = new TreeMap<>();
    for (int i : tiesLast(rows)) {
      BestOfRow row = rows.get(i);
      column(columns, "id").add(row.row().id());
      column(columns, "subset").add(row.subset());
      column(columns, "num_correct").add(row.correct());
      boolean ties = RewardBench2.isTies(row.subset());
      column(columns, "results").add(ties ? null : (Double) answers.get(i).credit());
      double[] scores = answers.get(i).scores();
      if (scores == null) {
        column(columns, "scores").addNull();
      } else {
        ArrayNode list = column(columns, "scores").addArray();
        for (double score : scores) {
          list.add(score);
        }
      }
      texts(column(columns, "texts_chosen").addArray(), row, 0, row.correct());
      texts(
          column(columns, "texts_rejected").addArray(), row, row.correct(), row.responses().size());
    }
    Map<String, JsonNode> file = files.about();
    file.putAll(columns);
    files.write(RewardBenchFiles.ITEMS, file);
  }

  private static List<Integer> tiesLast(List<BestOfRow> rows) {
    List<Integer> order = new ArrayList<>();
    for (boolean ties : new boolean[] {false, true}) {
      for (int i = 0; i < rows.size(); i++) {
        if (RewardBench2.isTies(rows.get(i).subset()) == ties) {
          order.add(i);
        }
      }
    }
    return order;
  }

  private static ArrayNode column(Map<String, ArrayNode> columns, String name) {
    return columns.computeIfAbsent(name, k -> Json.mapper().createArrayNode());
  }

  private static void texts(ArrayNode to, BestOfRow row, int from, int end) {
    for (String response : row.responses().subList(from, end)) {
      ArrayNode turns = to.addArray();
      turns.addObject().put("role", "user").put("content", row.prompt());
      turns.addObject().put("role", "assistant").put("content", response);
    }
  }
}
