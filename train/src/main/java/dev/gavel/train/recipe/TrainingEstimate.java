package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.optim.AdamW;
import dev.gavel.train.run.SystemMemory;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `--dry_run true`: what a run would take, without a run. Rates are measured on its first steps at
/// learning rate 0, which change nothing.
public final class TrainingEstimate {
  private static final long MEASURE_NANOS = 3_000_000_000L;
  private static final int LEAST_STEPS = 2;

  private TrainingEstimate() {}

  public static ObjectNode of(TrainConfig config, RunContext context) throws IOException {
    ModelSource source = ModelSource.open(config);
    try (Recipe recipe = config.recipe(source, context.err())) {
      RunRows<?> rows = recipe.rows();
      MemoryNeed memory = MemoryNeed.of(config, source, recipe);
      OptionalLong free = SystemMemory.freeFor(config.model().choose());
      context.err().println(memory.describe(free));
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("rows", rows.rows().size()).put("steps", rows.plan().steps());
      long tokens = rows.plannedTokens();
      json.put("tokens", tokens);
      json.put("largest_batch_tokens", rows.largestBatch()).put("memory_bytes", memory.bytes());
      free.ifPresent(bytes -> json.put("free_bytes", bytes));
      if (!memory.fits(free)) {
        return json; // measuring would take that memory
      }
      double rate = rate(config, source, recipe);
      return json.put("tokens_per_second", rate).put("seconds", tokens / rate);
    }
  }

  /// Tokens per second, the first step left out.
  private static double rate(TrainConfig config, ModelSource source, Recipe recipe)
      throws IOException {
    StartOptions on = config.model();
    TrainingPlan plan = recipe.rows().plan();
    try (Device device = on.choose().open(on.threadCount());
        Llama model = source.load(device, Optional.empty());
        AdamW optimizer = new AdamW(model.parameters(), config.train().adamW())) {
      model.gradientCheckpointing(config.train().gradientCheckpointing());
      recipe.beginMeasuring(model);
      recipe.learn(model, plan.step(0));
      optimizer.step(0, 1);
      long tokens = 0;
      long start = System.nanoTime();
      for (int i = 1; i <= LEAST_STEPS || System.nanoTime() - start < MEASURE_NANOS; i++) {
        tokens += recipe.learn(model, plan.step(i % plan.steps())).tokens();
        optimizer.step(0, 1);
      }
      return tokens / ((System.nanoTime() - start) / 1e9);
    }
  }
}
