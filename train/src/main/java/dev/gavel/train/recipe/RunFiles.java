package dev.gavel.train.recipe;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.model.Fingerprint;
import dev.gavel.train.run.ModelCard;
import dev.gavel.train.run.RunFolder;
import dev.gavel.train.run.RunReport;
import dev.gavel.train.run.TrainerState;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What a run writes about itself beside its figures.
final class RunFiles {
  /// Options that may differ between a run and its resumption without a word.
  private static final Set<String> MAY_DIFFER =
      Set.of("resume_from_checkpoint", "output_dir", "threads", "dry_run");

  private final TrainConfig config;
  private final ObjectNode resolved;
  private final ModelSource source;
  private final Recipe recipe;
  private final MemoryNeed memory;

  RunFiles(TrainConfig config, ObjectNode resolved, ModelSource source, Recipe recipe) {
    this.config = config;
    this.resolved = resolved;
    this.source = source;
    this.recipe = recipe;
    memory = MemoryNeed.of(config, source, recipe);
  }

  MemoryNeed memory() {
    return memory;
  }

  /// Says what a user may not have meant.
  void note(PrintStream err) {
    int longest = recipe.rows().longest();
    int room = source.config().maxPositionEmbeddings();
    if (longest > room) {
      err.printf(
          "note: the longest row has %d tokens, the model's context (max_position_embeddings) %d%n",
          longest, room);
    }
    if (!config.data().evalDataset().isEmpty()
        && config.train().evalStrategy() == TrainOptions.When.NO) {
      err.println("note: --eval_dataset is not used: --eval_strategy is no");
    }
  }

  /// Writes options, versions and fingerprints; says what differs from the run that is resumed.
  void begin(RunFolder folder, PrintStream err) throws IOException {
    ObjectNode info = info();
    Path before = folder.path().resolve(RunFolder.CONFIG);
    Path infoBefore = folder.path().resolve(RunFolder.INFO);
    if (folder.checkpoint().isPresent()) {
      err.println("going on from " + folder.checkpoint().get());
      if (Files.exists(before)) {
        List<String> differ = differences(Json.read(before));
        if (!differ.isEmpty()) {
          err.println(
              "note: the run that is resumed had other options: " + String.join(", ", differ));
        }
      }
      if (Files.exists(infoBefore)
          && !Json.read(infoBefore)
              .path("dataset_fingerprint")
              .equals(info.get("dataset_fingerprint"))) {
        err.println("note: --dataset has changed since the run that is resumed");
      }
    } else if (config.train().resumeFromCheckpoint().orElse("false").equals("true")) {
      err.println(folder.path() + ": no checkpoint; beginning from the start");
    }
    folder.writeConfig(resolved);
    folder.writeInfo(info);
  }

  private List<String> differences(JsonNode before) {
    List<String> differ = new ArrayList<>();
    resolved
        .properties()
        .forEach(e -> {
          JsonNode old = before.get(e.getKey());
          if (!MAY_DIFFER.contains(e.getKey())
              && old != null
              && !Json.write(old).equals(Json.write(e.getValue()))) {
            differ.add("%s %s, now %s".formatted(e.getKey(), old, e.getValue()));
          }
        });
    return differ;
  }

  private ObjectNode info() throws IOException {
    ObjectNode info = JsonNodeFactory.instance.objectNode();
    info.put("command", config.command());
    var module = RunFiles.class.getModule().getDescriptor();
    info.put("gavel", module == null ? "?" : module.rawVersion().orElse("?"));
    info.put("java", Runtime.version().toString());
    info.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    info.put("seed", config.model().seed());
    info.put("rows", recipe.rows().rows().size());
    info.put("dataset_fingerprint", Fingerprint.ofFiles(config.data().dataset()));
    info.put("model", source.name());
    if (config.model().modelNameOrPath().isPresent()) {
      Path model = config.model().modelNameOrPath().get();
      info.put("model_fingerprint", Fingerprint.ofModel(model, config.model().baseModel()));
    }
    info.put("memory_estimate_bytes", memory.bytes());
    return info;
  }

  /// What `trainer_state.json` says about the run.
  ObjectNode stateSettings() {
    TrainOptions train = config.train();
    ObjectNode settings = JsonNodeFactory.instance.objectNode();
    settings.put("max_steps", recipe.rows().plan().steps());
    settings.put("num_train_epochs", (int) Math.ceil(train.numTrainEpochs()));
    settings.put("logging_steps", train.loggingSteps());
    settings.put("eval_steps", train.evalSteps().orElse(train.loggingSteps()));
    settings.put("save_steps", train.saveSteps());
    settings.put("train_batch_size", config.batchSize(0));
    return settings;
  }

  /// Random numbers are functions of seed, stream and index, so that the count of steps says which
  /// come next.
  ObjectNode rng(int step) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("generator", "philox4x32-10")
        .put("seed", config.model().seed())
        .put("next_step", step + 1);
  }

  /// Writes the model card and the page.
  void end(RunFolder folder, TrainerState state) throws IOException {
    ModelCard.write(folder.path(), config.command(), source.name(), resolved, state);
    RunReport.write(folder.path(), config.title(), resolved, state);
  }
}
