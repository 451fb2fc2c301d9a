package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;

/// Turns an adapter's dropout on for a micro-batch, with masks that are a function of seed, step
/// and micro-batch.
record Dropping(boolean on, long seed) {
  static Dropping of(TrainConfig config) {
    return new Dropping(!config.lora().disableDropout(), config.model().seed());
  }

  void begin(Llama model, TrainingPlan.Step step, int microBatch) {
    if (on && model.lora().isPresent()) {
      model.dropout(seed, step.number(), microBatch);
    }
  }
}
