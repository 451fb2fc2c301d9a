package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/// One way of learning: which rows a step takes, and what is learned from them. [Training] has the
/// loop around it.
public interface Recipe extends AutoCloseable {
  RunRows<?> rows();

  /// The most that is computed at a time.
  MemoryNeed.Work work();

  /// What it needs beside the model that is trained, say a reference; called once, before the first
  /// step.
  default void begin(Llama model, Path folder, RunContext context) throws IOException {}

  /// The same for steps that are measured and thrown away: nothing is computed ahead or written.
  default void beginMeasuring(Llama model) throws IOException {}

  /// Adds the gradients of a step's loss to those of the model's parameters.
  StepFigures learn(Llama model, TrainingPlan.Step step);

  /// Figures over the rows of `--eval_dataset`.
  Map<String, Double> evaluate(Llama model);

  @Override
  default void close() {}
}
