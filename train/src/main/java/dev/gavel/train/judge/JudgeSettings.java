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
    JudgeMethod method = o.method().method();
    PairJudging how = o.how();
    s.put("method", method.toString());
    s.put("model_fingerprint", Fingerprint.ofModel(model.modelNameOrPath(), model.baseModel()));
    s.put("dataset_fingerprint", Fingerprint.ofFiles(o.what().dataset()));
    s.put("dataset_format", o.what().datasetFormat().map(PairFormat::toString).orElse(null));
    Devices.Choice choice = model.choose();
    s.put("dtype", Precision.of(choice.arithmetic()).toString());
    s.put("device", choice.provider().device());
    s.put("chat_template", model.chatTemplate().orElse(null));
    s.put("date_string", model.dateString());
    s.put("order", lower(how.order()));
    if (o.method().samples()) {
      s.put("n", how.n());
      s.put("max_new_tokens", how.maxNewTokens());
      s.put("temperature", how.temperature());
      s.put("top_p", how.topP());
      s.put("verdict_rule", lower(how.verdictRule()));
    }
    if (!method.scoresResponses()) {
      s.put(
          "prompt_template",
          how.promptTemplate().isEmpty()
              ? null
              : Json.write(Json.read(how.promptTemplate().get())));
    }
    if (method == JudgeMethod.GENRM) {
      s.put("answers", lower(o.method().answers()));
    }
    if (o.method().refModel().isPresent()) {
      s.put("ref_model_fingerprint", Fingerprint.ofModel(o.method().refModel().get()));
      s.put("beta", o.method().beta());
    }
    s.put("num_shards", o.what().numShards());
    s.put("shard_index", o.what().shardIndex());
    s.put("seed", how.seed());
    return s;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(java.util.Locale.ROOT);
  }

  /// Writes or compares them; see [FolderSettings#claim].
  static boolean claim(Path folder, ObjectNode settings) throws IOException {
    return FolderSettings.claim(folder, settings, VotesFile.NAME);
  }
}
