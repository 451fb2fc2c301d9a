package dev.gavel.train.judge;

import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.model.Fingerprint;
import dev.gavel.train.model.ModelOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Everything that decides the votes of a folder. A folder goes on only under the settings that it
/// began with.
final class JudgeSettings {
  static final String NAME = "settings.json";

  private JudgeSettings() {}

  static ObjectNode of(ModelOptions model, JudgeOptions o) throws IOException {
    ObjectNode s = Json.mapper().createObjectNode();
    s.put("method", "cot");
    s.put("model_fingerprint", Fingerprint.ofModel(model.modelNameOrPath()));
    s.put("dataset_fingerprint", Fingerprint.ofFiles(o.dataset()));
    s.put("dataset_format", o.datasetFormat().map(PairFormat::toString).orElse(null));
    s.put("dtype", model.dtype());
    s.put("device", model.device());
    s.put("chat_template", model.chatTemplate().orElse(null));
    s.put("date_string", model.dateString());
    s.put("n", o.n());
    s.put("order", o.order().name().toLowerCase(java.util.Locale.ROOT));
    s.put("max_new_tokens", o.maxNewTokens());
    s.put("temperature", o.temperature());
    s.put("top_p", o.topP());
    s.put(
        "prompt_template",
        o.promptTemplate().isEmpty() ? null : Files.readString(o.promptTemplate().get()));
    s.put("verdict_rule", o.verdictRule().name().toLowerCase(java.util.Locale.ROOT));
    s.put("num_shards", o.numShards());
    s.put("shard_index", o.shardIndex());
    s.put("seed", o.seed());
    return s;
  }

  /// Writes the settings of a new folder, or compares them with those of an old one.
  ///
  /// @throws IllegalStateException naming the first difference
  static void claim(Path folder, ObjectNode settings) throws IOException {
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      if (Files.exists(folder.resolve(VotesFile.NAME))) {
        throw new IllegalStateException(
            folder + " holds votes without their settings.json; choose another --output_dir");
      }
      AtomicFiles.writeString(file, Json.writePretty(settings));
      return;
    }
    JsonNode old = Json.read(file);
    JsonNode now = Json.parse(Json.write(settings), "settings");
    for (String key : now.propertyNames()) {
      if (!now.get(key).equals(old.path(key))) {
        throw new IllegalStateException(
            "%s was begun with %s = %s, now it is %s; repeat the first call, or choose another --output_dir"
                .formatted(folder, key, old.path(key), now.get(key)));
      }
    }
  }
}
