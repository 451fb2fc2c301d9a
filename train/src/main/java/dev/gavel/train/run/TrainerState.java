package dev.gavel.train.run;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `trainer_state.json`: where a training stands, with the keys of transformers' `TrainerState`, so
/// that its `load_from_json` reads it too. It holds no clock.
///
/// @param step steps done
/// @param epoch passes over the rows done
/// @param tokens tokens fed in so far
/// @param history the rows of `metrics.jsonl`
/// @param window what the next of them has gathered
/// @param settings further keys of the file that describe the run
public record TrainerState(
    int step,
    double epoch,
    long tokens,
    List<Map<String, Number>> history,
    Window window,
    ObjectNode settings) {
  public static final String FILE = "trainer_state.json";

  private static final List<String> ABSENT =
      List.of(
          "best_global_step", "best_metric", "best_model_checkpoint", "trial_name", "trial_params");

  /// The beginning of a run.
  public static TrainerState start() {
    return new TrainerState(
        0, 0, 0, List.of(), new Window(), JsonNodeFactory.instance.objectNode());
  }

  void write(Path dir) throws IOException {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("global_step", step).put("epoch", epoch).put("num_input_tokens_seen", tokens);
    json.setAll(settings);
    ABSENT.forEach(json::putNull);
    json.put("is_hyper_param_search", false).put("is_local_process_zero", true);
    json.put("is_world_process_zero", true).put("total_flos", 0);
    json.putObject("stateful_callbacks").set("gavel", window.json());
    ArrayNode rows = json.putArray("log_history");
    history.forEach(row -> rows.add(json(row)));
    AtomicFiles.writeString(dir.resolve(FILE), Json.writePretty(json));
  }

  /// A row as `metrics.jsonl` has it.
  static ObjectNode json(Map<String, Number> row) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    row.forEach((key, value) -> {
      if (value instanceof Double d) {
        json.put(key, d);
      } else {
        json.put(key, value.longValue());
      }
    });
    return json;
  }

  static TrainerState read(Path dir) throws IOException {
    Path file = dir.resolve(FILE);
    JsonNode json = Json.read(file);
    for (String key : List.of("global_step", "epoch", "num_input_tokens_seen")) {
      if (!json.path(key).isNumber()) {
        throw new FormatException(file + ": '" + key + "' is missing; not a checkpoint of gavel's");
      }
    }
    List<Map<String, Number>> history = new ArrayList<>();
    for (JsonNode row : json.path("log_history")) {
      history.add(row(row));
    }
    return new TrainerState(
        json.get("global_step").asInt(),
        json.get("epoch").asDouble(),
        json.get("num_input_tokens_seen").asLong(),
        history,
        Window.of(json.path("stateful_callbacks").path("gavel")),
        JsonNodeFactory.instance.objectNode());
  }

  /// What [#json] was made of.
  static Map<String, Number> row(JsonNode json) {
    Map<String, Number> values = new LinkedHashMap<>();
    json.properties().forEach(e -> values.put(e.getKey(), number(e.getValue())));
    return values;
  }

  private static Number number(JsonNode value) {
    if (value.isIntegralNumber()) {
      return value.asLong();
    }
    return value.asDouble();
  }
}
