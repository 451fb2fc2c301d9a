package dev.gavel.train.judge;

import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.eval.RewardBench2;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// A question of RewardBench 2: `{"id", "prompt", "chosen": […], "rejected": […], "num_correct"?,
/// "total_completions"?, "subset"}`.
///
/// @param responses the correct ones first
record BestOfRow(Row row, String prompt, String subset, int correct, List<String> responses) {
  static BestOfRow read(Row row) throws RowException {
    List<String> responses = new ArrayList<>(texts(row, "chosen"));
    int correct = responses.size();
    responses.addAll(texts(row, "rejected"));
    requireCount(row, "num_correct", correct);
    requireCount(row, "total_completions", responses.size());
    String prompt = row.text("prompt");
    String subset = row.text("subset");
    if (correct < 1 || correct == responses.size()) {
      throw new RowException("'chosen' and 'rejected' must hold at least one response each");
    }
    if (!RewardBench2.isTies(subset) && correct != 1) {
      throw new RowException(
          "'chosen' holds %d responses; only the subset %s has several"
              .formatted(correct, RewardBench2.TIES));
    }
    BestOfRow read = new BestOfRow(row, prompt, subset, correct, responses);
    if (RewardBench2.isTies(subset)) {
      read.tiesId();
    }
    return read;
  }

  private static List<String> texts(Row row, String key) throws RowException {
    JsonNode value = row.value(key);
    if (!value.isArray() || !value.valueStream().allMatch(JsonNode::isString)) {
      throw new RowException("'" + key + "' must be a list of texts");
    }
    return value.valueStream().map(JsonNode::stringValue).toList();
  }

  private static void requireCount(Row row, String key, int found) throws RowException {
    if (row.integer(key, found) != found) {
      throw new RowException(
          "'%s' is %s, but there are %d".formatted(key, row.json().get(key), found));
    }
  }

  /// `ref` or `tied`, and the prompt's number.
  private String[] tiesId() throws RowException {
    String[] parts = row.id().asString().split(":", -1);
    if (parts.length != 2 || !(parts[0].equals("ref") || parts[0].equals("tied"))) {
      throw new RowException(
          "'id' is %s; expected ref:N or tied:N in the subset %s"
              .formatted(row.id(), RewardBench2.TIES));
    }
    return parts;
  }

  RewardBench2.TiesItem ties(double[] scores) {
    String[] id = row.id().asString().split(":", -1);
    return new RewardBench2.TiesItem(id[0].equals("tied"), id[1], correct, scores);
  }

  /// The row of one response, as training reads it: the prompt is a user's turn.
  Row response(int i) {
    ArrayNode prompt = JsonNodeFactory.instance.arrayNode();
    prompt.addObject().put("role", "user").put("content", this.prompt);
    JsonNode text = JsonNodeFactory.instance.stringNode(responses.get(i));
    return Scoring.pair(row, "response", prompt, text, text);
  }
}
