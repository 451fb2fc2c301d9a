package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Lines;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `gavel score`: rows `{"prompt", "response"}`, `{"prompt", "responses"}` or `{"messages"}`, whose
/// last message is the response, to `{"score"}` or `{"scores", "best"}`.
public abstract sealed class Scoring implements Lines.RowFunction
    permits ResponseScoring, PairScoring {

  /// @param reference key of the response that each one is compared with
  public static Scoring of(
      OpenJudge judge, MethodOptions method, PairJudging how, Optional<String> reference)
      throws IOException {
    return method.method().scoresResponses()
        ? new ResponseScoring(judge)
        : new PairScoring(judge, method, how, reference);
  }

  /// One number for each response.
  ///
  /// @param prompt a text, or messages
  /// @param responses texts, or lists of messages; at least one
  abstract double[] scores(Row row, JsonNode prompt, List<JsonNode> responses)
      throws RowException, IOException;

  @Override
  public ObjectNode apply(Row row) throws RowException, IOException {
    ObjectNode result = Json.mapper().createObjectNode();
    if (row.has("messages")) {
      return one(result, row, allButLast(row), List.of(last(row)));
    }
    if (row.has("response")) {
      return one(result, row, row.value("prompt"), List.of(row.value("response")));
    }
    JsonNode responses = row.value("responses");
    if (!responses.isArray() || responses.isEmpty()) {
      throw new RowException("'responses' holds no list of at least one response");
    }
    List<JsonNode> all = responses.valueStream().toList();
    double[] scores = scores(row, row.value("prompt"), all);
    int best = 0;
    var list = result.putArray("scores");
    for (int i = 0; i < scores.length; i++) {
      list.add(scores[i]);
      best = scores[i] > scores[best] ? i : best;
    }
    return result.put("best", best);
  }

  private ObjectNode one(ObjectNode result, Row row, JsonNode prompt, List<JsonNode> responses)
      throws RowException, IOException {
    return result.put("score", scores(row, prompt, responses)[0]);
  }

  private static JsonNode allButLast(Row row) throws RowException {
    List<JsonNode> turns = turns(row);
    var prompt = JsonNodeFactory.instance.arrayNode();
    turns.subList(0, turns.size() - 1).forEach(prompt::add);
    return prompt;
  }

  private static JsonNode last(Row row) throws RowException {
    return JsonNodeFactory.instance.arrayNode().add(turns(row).getLast());
  }

  private static List<JsonNode> turns(Row row) throws RowException {
    List<JsonNode> turns = row.value("messages").valueStream().toList();
    if (turns.size() < 2 || !turns.getLast().path("role").asString("").equals("assistant")) {
      throw new RowException("'messages' must end in an assistant's message after others");
    }
    return turns;
  }

  /// A row of a pair, as training and judging read it.
  static Row pair(Row row, String id, JsonNode prompt, JsonNode first, JsonNode second) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("prompt", prompt);
    json.set("response_a", first);
    json.set("response_b", second);
    return new Row(row.number(), row.place(), JsonNodeFactory.instance.stringNode(id), json);
  }

  /// Texts or messages with a role are what a response may be.
  static JsonNode checked(JsonNode response, String key) throws RowException {
    if (!response.isString() && !response.isArray()) {
      throw new RowException("'%s' holds %s, expected a text or messages".formatted(key, response));
    }
    return response;
  }

  static List<JsonNode> checked(List<JsonNode> responses) throws RowException {
    List<JsonNode> all = new ArrayList<>();
    for (JsonNode response : responses) {
      all.add(checked(response, "responses"));
    }
    return all;
  }
}
