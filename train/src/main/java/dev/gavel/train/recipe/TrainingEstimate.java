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
      double rate = Steps.measure(config, source, recipe).rate();
      return json.put("tokens_per_second", rate).put("seconds", tokens / rate);
    }
  }

  /// What a training takes whose rows are not there yet.
  ///
  /// @param memoryBytes at most
  /// @param fits into the memory that is free; if not, nothing was measured and the rates are NaN
  /// @param tokensPerSecond forward and backward, a reference's pass included
  /// @param secondsPerUpdate of a step of AdamW
  public record Rates(
      long memoryBytes, boolean fits, double tokensPerSecond, double secondsPerUpdate) {
    /// @param tokens of all steps
    public double seconds(double tokens, double steps) {
      return tokens / tokensPerSecond + steps * secondsPerUpdate;
    }
  }

  /// Measures steps on a few rows like those that will be learned.
  ///
  /// @param config of these few
  /// @param mostTokens of a row that can come
  /// @param mostLabels of its tokens that are learned
  public static Rates rates(
      TrainConfig config, long mostTokens, long mostLabels, RunContext context) throws IOException {
    ModelSource source = ModelSource.open(config);
    try (Recipe recipe = config.recipe(source, context.err())) {
      int batch = config.batchSize(0);
      MemoryNeed.Work work =
          new MemoryNeed.Work(
              batch * mostTokens, batch * mostLabels, 0, recipe.work().references());
      MemoryNeed memory =
          MemoryNeed.of(
              source.config(),
              source.adapter(),
              config.model().choose(),
              work,
              config.train().gradientCheckpointing());
      OptionalLong free = SystemMemory.freeFor(config.model().choose());
      if (!memory.fits(free)) {
        return new Rates(memory.bytes(), false, Double.NaN, Double.NaN);
      }
      Steps steps = Steps.measure(config, source, recipe);
      return new Rates(
          memory.bytes(),
          true,
          steps.tokens / (steps.learnNanos / 1e9),
          steps.updateNanos / 1e9 / steps.n);
    }
  }

  /// Steps that were timed, the first one left out.
  private record Steps(int n, long tokens, long learnNanos, long updateNanos) {
    double rate() {
      return tokens / ((learnNanos + updateNanos) / 1e9);
    }

    static Steps measure(TrainConfig config, ModelSource source, Recipe recipe) throws IOException {
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
        long learn = 0;
        long update = 0;
        int n = 0;
        while (n < LEAST_STEPS || learn + update < MEASURE_NANOS) {
          long start = System.nanoTime();
          tokens += recipe.learn(model, plan.step(++n % plan.steps())).tokens();
          long learned = System.nanoTime();
          optimizer.step(0, 1);
          learn += learned - start;
          update += System.nanoTime() - learned;
        }
        return new Steps(n, tokens, learn, update);
      }
    }
  }
}
