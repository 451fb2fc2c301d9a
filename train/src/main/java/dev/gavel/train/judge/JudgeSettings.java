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
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// Everything that decides the votes of a folder. A folder goes on only under the settings that it
/// began with.
final class JudgeSettings {
  private JudgeSettings() {}

  static ObjectNode of(ModelOptions model, JudgeOptions o) throws IOException {
    PairJudging how = o.how();
    ObjectNode s = of(model, o.method(), o.what().dataset(), o.what().datasetFormat());
    JudgeMethod method = o.method().method();
    s.put("order", lower(how.order()));
    if (o.method().samples()) {
      s.put("n", how.n());
      put(s, how.drawn());
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
    addReference(s, o.method());
    s.put("num_shards", o.what().numShards());
    s.put("shard_index", o.what().shardIndex());
    s.put("seed", how.seed());
    return s;
  }

  /// What decides the scores of single responses.
  static ObjectNode ofScores(ModelOptions model, MethodOptions method, List<Path> dataset)
      throws IOException {
    ObjectNode s = of(model, method, dataset, Optional.empty());
    addReference(s, method);
    return s;
  }

  /// What decides the ratings of responses.
  static ObjectNode ofRatings(
      ModelOptions model, MethodOptions method, List<Path> dataset, RatingOptions how)
      throws IOException {
    ObjectNode s = of(model, method, dataset, Optional.empty());
    s.put("score_w_ratings", how.scoreWRatings());
    s.put("n", how.n());
    put(s, how.drawn());
    s.set("rating_template", how.rating(false).toJson());
    s.set("rating_template_ties", how.rating(true).toJson());
    if (!how.scoreWRatings()) {
      s.set("ranking_template", how.ranking().toJson());
    }
    s.put("seed", how.seed());
    return s;
  }

  private static void put(ObjectNode s, DrawOptions drawn) {
    s.put("max_new_tokens", drawn.maxNewTokens());
    s.put("temperature", drawn.temperature());
    s.put("top_p", drawn.topP());
  }

  private static ObjectNode of(
      ModelOptions model, MethodOptions method, List<Path> dataset, Optional<PairFormat> format)
      throws IOException {
    ModelFolder.requireFolder(model.modelNameOrPath());
    ObjectNode s = Json.mapper().createObjectNode();
    s.put("method", method.method().toString());
    s.put("model_fingerprint", Fingerprint.ofModel(model.modelNameOrPath(), model.baseModel()));
    s.put("dataset_fingerprint", Fingerprint.ofFiles(dataset));
    s.put("dataset_format", format.map(PairFormat::toString).orElse(null));
    Devices.Choice choice = model.choose();
    s.put("dtype", Precision.of(choice.arithmetic()).toString());
    s.put("device", choice.provider().device());
    s.put("chat_template", model.chatTemplate().orElse(null));
    s.put("date_string", model.dateString());
    return s;
  }

  /// Of a policy whose reference is the base of its adapter, the model's own fingerprint says
  /// which.
  private static void addReference(ObjectNode s, MethodOptions method) throws IOException {
    if (method.refModel().isPresent()) {
      s.put("ref_model_fingerprint", Fingerprint.ofModel(method.refModel().get()));
    }
    if (method.method() == JudgeMethod.DPO) {
      s.put("beta", method.beta());
    }
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /// Writes or compares them; see [FolderSettings#claim].
  static boolean claim(Path folder, ObjectNode settings) throws IOException {
    return FolderSettings.claim(folder, settings, VotesFile.NAME);
  }
}
