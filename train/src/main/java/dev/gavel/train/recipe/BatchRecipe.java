package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// A recipe whose loss is one mean over the terms of all micro-batches of a step, so that 8 rows in
/// one micro-batch, 4 in two and 1 in eight are the same step.
///
/// @param <R> a row
/// @param <S> what gathers the figures of a step or an evaluation
abstract class BatchRecipe<R, S extends BatchRecipe.Sums> implements Recipe {
  final RunRows<R> rows;
  private final int evalBatch;
  private final Dropping dropping;

  BatchRecipe(RunRows<R> rows, TrainConfig config) {
    this.rows = rows;
    evalBatch = config.train().perDeviceEvalBatchSize();
    dropping = Dropping.of(config);
  }

  /// Sums over the terms of a step or an evaluation. Means are taken once over all of them, so that
  /// they do not depend on how rows are cut into batches.
  interface Sums {
    /// By TRL's names.
    Map<String, Double> means();
  }

  abstract S sums();

  /// How many terms the loss of some rows has.
  abstract long terms(List<R> batch);

  /// The sum of these terms: a scalar.
  abstract Tensor loss(Llama model, List<R> batch, S sums);

  /// Hidden states of a row that the vocabulary's head looks at; 0 where there is none.
  abstract int headRows(R row);

  @Override
  public final RunRows<R> rows() {
    return rows;
  }

  @Override
  public MemoryNeed.Work work() {
    return new MemoryNeed.Work(
        rows.largestBatch(),
        rows.largestBatch(this::headRows),
        rows.largestEvalBatch(evalBatch),
        0);
  }

  @Override
  public StepFigures learn(Llama model, TrainingPlan.Step step) {
    List<List<R>> batches = rows.microBatches(step);
    long terms = batches.stream().mapToLong(this::terms).sum();
    S sums = sums();
    for (int i = 0; i < batches.size(); i++) {
      dropping.begin(model, step, i);
      try (Tape tape = Tape.record()) {
        tape.backward(loss(model, batches.get(i), sums), 1.0 / terms);
      }
    }
    return new StepFigures(sums.means(), batches.stream().mapToLong(rows::tokens).sum());
  }

  @Override
  public Map<String, Double> evaluate(Llama model) {
    S sums = sums();
    for (List<R> batch : rows.evalBatches(evalBatch)) {
      try (Scope _ = Scope.open()) {
        loss(model, batch, sums);
      }
    }
    return sums.means();
  }
}
