package dev.gavel.train.eval;

import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.JudgeMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The files that RewardBench's own scripts write of a model: `eval-set/MODEL.json`, what it
/// reached, and `eval-set-scores/MODEL.json`, a list for each column.
public record RewardBenchFiles(Path folder, String model, JudgeMethod method) {
  public static final String FIGURES = "eval-set";
  public static final String ITEMS = "eval-set-scores";

  /// What both say of the model; keys sorted as the scripts do.
  public Map<String, JsonNode> about() {
    JsonNodeFactory nodes = Json.mapper().getNodeFactory();
    Map<String, JsonNode> about = new TreeMap<>();
    about.put("model", nodes.stringNode(model));
    about.put(
        "model_type",
        nodes.stringNode(
            switch (method) {
              case BT -> "Seq. Classifier";
              case PAIRRM -> "Custom Classifier";
              case DPO -> "DPO";
              case COT, GENRM -> "Generative RM";
            }));
    return about;
  }

  /// Writes one of them.
  public void write(String kind, Map<String, JsonNode> values) throws IOException {
    ObjectNode file = Json.mapper().createObjectNode();
    values.forEach(file::set);
    Path target = folder.resolve(kind).resolve(model + ".json");
    Files.createDirectories(target.getParent());
    AtomicFiles.writeString(target, Json.writePretty(file));
  }
}
