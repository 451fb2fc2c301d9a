package dev.gavel.train.recipe;

import dev.gavel.tensor.Rng;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Which rows each step of a training takes. A step's rows are a function of the plan and its
/// number alone, so that a run can go on from anywhere.
///
/// Without phases an epoch is a pass over all rows. With phases each one is passed over `epochs`
/// times before the next begins, and the count of epochs runs over all of them. The last step of an
/// epoch may have fewer rows, and fewer micro-batches.
public final class TrainingPlan {
  /// @param first its first row among those of all phases
  /// @param batch rows of a micro-batch
  record Phase(int first, int rows, int batch) {
    int batches() {
      return Math.ceilDiv(rows, batch);
    }
  }

  /// @param number from 1
  /// @param microBatches rows of each
  /// @param epoch passes done after this step
  /// @param endsEpoch the pass over its phase is complete
  public record Step(int number, List<int[]> microBatches, double epoch, boolean endsEpoch) {}

  private final List<Phase> phases;
  private final int accumulation;
  private final boolean shuffled;
  private final long seed;
  private final int[] stepsOfPhase;
  private int orderPhase = -1;
  private int orderEpoch = -1;
  private int[] order = {};

  /// @param epochs passes over each phase
  /// @param maxSteps at most so many steps; without phases exactly so many; -1: not set
  TrainingPlan(
      List<Phase> phases,
      int accumulation,
      double epochs,
      int maxSteps,
      boolean shuffled,
      long seed) {
    this.phases = List.copyOf(phases);
    this.accumulation = accumulation;
    this.shuffled = shuffled;
    this.seed = seed;
    stepsOfPhase = new int[phases.size()];
    for (int i = 0; i < stepsOfPhase.length; i++) {
      stepsOfPhase[i] = (int) Math.ceil(epochs * stepsPerEpoch(phases.get(i)));
    }
    if (maxSteps > 0) {
      limit(maxSteps);
    }
  }

  private void limit(int maxSteps) {
    if (phases.size() == 1) {
      stepsOfPhase[0] = maxSteps;
      return;
    }
    if (maxSteps > steps()) {
      throw new IllegalArgumentException(
          "--max_steps %d: the phases have only %d steps; raise --num_train_epochs"
              .formatted(maxSteps, steps()));
    }
    int left = maxSteps;
    for (int i = 0; i < stepsOfPhase.length; i++) {
      stepsOfPhase[i] = Math.min(stepsOfPhase[i], left);
      left -= stepsOfPhase[i];
    }
  }

  private int stepsPerEpoch(Phase phase) {
    return Math.ceilDiv(phase.batches(), accumulation);
  }

  /// Steps of the whole training.
  public int steps() {
    return Arrays.stream(stepsOfPhase).sum();
  }

  List<Phase> phases() {
    return phases;
  }

  /// @param done steps before this one
  public Step step(int done) {
    int p = 0;
    int local = done;
    int before = 0;
    while (local >= stepsOfPhase[p]) {
      before += batchesDone(p, stepsOfPhase[p]);
      local -= stepsOfPhase[p++];
    }
    Phase phase = phases.get(p);
    int epoch = local / stepsPerEpoch(phase);
    int inEpoch = local % stepsPerEpoch(phase);
    int[] rows = order(p, epoch);
    int lastBatch = Math.min((inEpoch + 1) * accumulation, phase.batches());
    List<int[]> microBatches = new ArrayList<>();
    for (int b = inEpoch * accumulation; b < lastBatch; b++) {
      int end = Math.min((b + 1) * phase.batch(), phase.rows());
      microBatches.add(Arrays.copyOfRange(rows, b * phase.batch(), end));
    }
    double all = phases.stream().mapToInt(Phase::batches).sum();
    double passes =
        phases.size() == 1
            ? epoch + lastBatch / all
            : (before + epoch * phase.batches() + lastBatch) / all;
    return new Step(done + 1, microBatches, passes, lastBatch == phase.batches());
  }

  private int batchesDone(int p, int steps) {
    Phase phase = phases.get(p);
    int epochs = steps / stepsPerEpoch(phase);
    int rest = steps % stepsPerEpoch(phase);
    return epochs * phase.batches() + Math.min(rest * accumulation, phase.batches());
  }

  private int[] order(int p, int epoch) {
    if (p != orderPhase || epoch != orderEpoch) {
      Phase phase = phases.get(p);
      int[] local =
          shuffled
              ? Rng.permutation(phase.rows(), seed, Rng.stream("order/" + p + "/" + epoch))
              : IntStream.range(0, phase.rows()).toArray();
      order = Arrays.stream(local).map(i -> phase.first() + i).toArray();
      orderPhase = p;
      orderEpoch = epoch;
    }
    return order;
  }
}
