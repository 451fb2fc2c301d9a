package dev.gavel.train.recipe;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;

/// The rows of a run, ready to be learned, and which of them each step takes.
///
/// @param length tokens that a row feeds in
public record RunRows<R>(
    List<R> rows, List<R> evalRows, TrainingPlan plan, ToIntFunction<R> length) {
  public RunRows {
    rows = List.copyOf(rows);
    evalRows = List.copyOf(evalRows);
  }

  /// Reads one data set.
  interface Reader<R> {
    List<R> read(List<Path> files) throws IOException;
  }

  /// Reads the data sets of a run: a phase for each, and the one to evaluate on.
  static <R> RunRows<R> read(TrainConfig config, Reader<R> reader, ToIntFunction<R> length)
      throws IOException {
    return read(config, reader, reader, length);
  }

  /// Likewise, where rows to evaluate on are read in another way.
  static <R> RunRows<R> read(
      TrainConfig config, Reader<R> reader, Reader<R> evalReader, ToIntFunction<R> length)
      throws IOException {
    List<R> rows = new ArrayList<>();
    List<TrainingPlan.Phase> phases = new ArrayList<>();
    for (List<Path> files : config.phases()) {
      List<R> set = reader.read(files);
      phases.add(new TrainingPlan.Phase(rows.size(), set.size(), config.batchSize(phases.size())));
      rows.addAll(set);
    }
    List<Path> evaluation = config.data().evalDataset();
    List<R> evalRows = evaluation.isEmpty() ? List.of() : evalReader.read(evaluation);
    TrainOptions train = config.train();
    TrainingPlan plan =
        new TrainingPlan(
            phases,
            train.gradientAccumulationSteps(),
            train.numTrainEpochs(),
            train.maxSteps(),
            train.shuffled(),
            config.model().seed());
    return new RunRows<>(rows, evalRows, plan, length);
  }

  /// The rows of each micro-batch of a step.
  List<List<R>> microBatches(TrainingPlan.Step step) {
    List<List<R>> batches = new ArrayList<>();
    for (int[] numbers : step.microBatches()) {
      List<R> batch = new ArrayList<>();
      for (int number : numbers) {
        batch.add(rows.get(number));
      }
      batches.add(batch);
    }
    return batches;
  }

  /// The rows to evaluate on, `size` at a time.
  List<List<R>> evalBatches(int size) {
    List<List<R>> batches = new ArrayList<>();
    for (int i = 0; i < evalRows.size(); i += size) {
      batches.add(evalRows.subList(i, Math.min(i + size, evalRows.size())));
    }
    return batches;
  }

  /// Tokens that some rows feed in.
  long tokens(List<R> some) {
    return some.stream().mapToLong(length::applyAsInt).sum();
  }

  int longest() {
    return rows.stream().mapToInt(length).max().orElse(0);
  }

  /// Tokens of the largest micro-batch that any order can make.
  long largestBatch() {
    return largestBatch(length);
  }

  /// The most that a micro-batch of any order can have of something.
  long largestBatch(ToIntFunction<R> size) {
    long most = 0;
    for (TrainingPlan.Phase phase : plan.phases()) {
      List<R> part = rows.subList(phase.first(), phase.first() + phase.rows());
      long sum =
          part.stream()
              .map(size::applyAsInt)
              .sorted(Comparator.reverseOrder())
              .limit(phase.batch())
              .mapToLong(Integer::longValue)
              .sum();
      most = Math.max(most, sum);
    }
    return most;
  }

  /// Tokens of the largest batch of an evaluation.
  long largestEvalBatch(int size) {
    return evalBatches(size).stream().mapToLong(this::tokens).max().orElse(0);
  }

  /// Tokens that the whole run feeds in.
  long plannedTokens() {
    long sum = 0;
    for (int i = 0; i < plan.steps(); i++) {
      for (int[] batch : plan.step(i).microBatches()) {
        for (int row : batch) {
          sum += length.applyAsInt(rows.get(row));
        }
      }
    }
    return sum;
  }
}
