package dev.gavel.train.run;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The figures of the steps since the last row of `metrics.jsonl`, of which that row will hold the
/// means.
public final class Window {
  private int steps;
  private final Map<String, Double> sums = new LinkedHashMap<>();

  public void add(Map<String, Double> figures) {
    steps++;
    figures.forEach((name, value) -> sums.merge(name, value, Double::sum));
  }

  public boolean isEmpty() {
    return steps == 0;
  }

  /// The means; begins anew.
  public Map<String, Double> take() {
    Map<String, Double> means = new LinkedHashMap<>();
    sums.forEach((name, sum) -> means.put(name, sum / steps));
    sums.clear();
    steps = 0;
    return means;
  }

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("steps", steps);
    ObjectNode all = json.putObject("sums");
    sums.forEach(all::put);
    return json;
  }

  static Window of(JsonNode json) {
    Window window = new Window();
    window.steps = json.path("steps").asInt(0);
    json.path("sums")
        .properties()
        .forEach(e -> window.sums.put(e.getKey(), e.getValue().asDouble()));
    return window;
  }
}
