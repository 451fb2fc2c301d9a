package dev.gavel.bench.model;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.optim.AdamW;
import dev.gavel.train.config.Binder;
import dev.gavel.train.config.Call;
import dev.gavel.train.config.Schema;
import dev.gavel.train.config.UsageException;
import dev.gavel.train.recipe.DpoConfig;
import dev.gavel.train.recipe.ModelSource;
import dev.gavel.train.recipe.Recipe;
import dev.gavel.train.recipe.RunContext;
import dev.gavel.train.recipe.TrainOptions;
import dev.gavel.train.recipe.TrainingPlan;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Steps of `gavel dpo` with its defaults, beside a reference that is asked in each one: the recipe
/// itself, then gradient norm, clipping and AdamW. The learning rate is one at which a few steps
/// change something that can be compared.
public final class DpoStep implements AutoCloseable {
  /// Batches before rows come again: what has been learned by heart has no gradient to speak of.
  private static final int BATCHES = 64;

  private static final String LEARNING_RATE = "1e-4";

  private final Recipe recipe;
  private final Llama model;
  private final AdamW optimizer;
  private final TrainOptions options;
  private int steps;

  /// @param folder weights that policy and reference begin with; random ones when absent
  public DpoStep(Device device, PairShape shape, Optional<Path> folder, int threads)
      throws IOException {
    Path files = Files.createTempDirectory("gavel-bench");
    Path rows = files.resolve("pairs.jsonl");
    Path json = files.resolve("config.json");
    try {
      Files.write(rows, lines(shape));
      Files.writeString(json, Json.write(shape.model().json(SafetensorsDType.F32)));
      Map<String, String> flags = new LinkedHashMap<>();
      flags.put(
          folder.isPresent() ? "model_name_or_path" : "init_from_config",
          folder.orElse(json).toString());
      flags.put("dataset", rows.toString());
      flags.put("output_dir", files.toString()); // nothing is written there
      flags.put("per_device_train_batch_size", String.valueOf(shape.pairs()));
      flags.put("train_sampling_strategy", "sequential");
      flags.put("max_length", "0");
      flags.put("learning_rate", LEARNING_RATE);
      flags.put("threads", String.valueOf(threads));
      DpoConfig config = bind(flags);
      PrintStream quiet = new PrintStream(OutputStream.nullOutputStream());
      ModelSource source = ModelSource.open(config);
      options = config.train();
      recipe = config.recipe(source, quiet);
      model = source.load(device, Optional.empty());
      optimizer = new AdamW(model.parameters(), options.adamW());
      recipe.begin(model, files, new RunContext(quiet, () -> false));
    } finally {
      Files.deleteIfExists(rows);
      Files.deleteIfExists(json);
      Files.deleteIfExists(files);
    }
  }

  private static List<String> lines(PairShape shape) {
    List<String> lines = new ArrayList<>();
    for (int step = 0; step < BATCHES; step++) {
      for (PairShape.Ids row : shape.rows(step)) {
        ObjectNode json = Json.mapper().createObjectNode();
        put(json.putArray("prompt_ids"), row.prompt());
        put(json.putArray("chosen_ids"), row.chosen());
        put(json.putArray("rejected_ids"), row.rejected());
        lines.add(Json.write(json));
      }
    }
    return lines;
  }

  private static void put(ArrayNode to, int[] ids) {
    for (int id : ids) {
      to.add(id);
    }
  }

  private static DpoConfig bind(Map<String, String> flags) {
    List<Call.Flag> typed =
        flags.entrySet().stream()
            .map(f -> new Call.Flag(f.getKey(), List.of(f.getValue())))
            .toList();
    try {
      Call call = new Call(typed, List.of(), Optional.empty());
      return Binder.bind(Schema.of(DpoConfig.class), call, List.of()).options();
    } catch (UsageException e) {
      throw new IllegalStateException(String.join("; ", e.problems()), e);
    }
  }

  /// One step on the next rows.
  ///
  /// @return its figures by TRL's names, with the weights before it
  public Map<String, Double> run() {
    TrainingPlan plan = recipe.rows().plan();
    Map<String, Double> seen = recipe.learn(model, plan.step(steps++ % BATCHES)).means();
    optimizer.step(options.learningRate(), options.maxGradNorm());
    return seen;
  }

  @Override
  public void close() {
    optimizer.close();
    recipe.close();
    model.close();
  }
}
