package dev.gavel.train.judge;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.PairFormat;
import dev.gavel.train.model.Fingerprint;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.model.Precision;
import dev.gavel.train.run.FolderSettings;
import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.node.ObjectNode;

/// Everything that decides the votes of a folder. A folder goes on only under the settings that it
/// began with.
final class JudgeSettings {
  private JudgeSettings() {}

  static ObjectNode of(ModelOptions model, JudgeOptions o) throws IOException {
    ModelFolder.requireFolder(model.modelNameOrPath());
    ObjectNode s = Json.mapper().createObjectNode();
    s.put("method", "cot");
    s.put("model_fingerprint", Fingerprint.ofModel(model.modelNameOrPath()));
    s.put("dataset_fingerprint", Fingerprint.ofFiles(o.dataset()));
    s.put("dataset_format", o.datasetFormat().map(PairFormat::toString).orElse(null));
    Devices.Choice choice = model.choose();
    s.put("dtype", Precision.of(choice.arithmetic()).toString());
    s.put("device", choice.provider().device());
    s.put("chat_template", model.chatTemplate().orElse(null));
    s.put("date_string", model.dateString());
    s.put("n", o.n());
    s.put("order", o.order().name().toLowerCase(java.util.Locale.ROOT));
    s.put("max_new_tokens", o.maxNewTokens());
    s.put("temperature", o.temperature());
    s.put("top_p", o.topP());
    s.put(
        "prompt_template",
        o.promptTemplate().isEmpty() ? null : Json.write(Json.read(o.promptTemplate().get())));
    s.put("verdict_rule", o.verdictRule().name().toLowerCase(java.util.Locale.ROOT));
    s.put("num_shards", o.numShards());
    s.put("shard_index", o.shardIndex());
    s.put("seed", o.seed());
    return s;
  }

  /// Writes or compares them; see [FolderSettings#claim].
  static boolean claim(Path folder, ObjectNode settings) throws IOException {
    return FolderSettings.claim(folder, settings, VotesFile.NAME);
  }
}
