package dev.gavel.train.recipe;

import dev.gavel.train.run.StatusLine;
import dev.gavel.train.run.TrainerState;
import dev.gavel.train.run.TrainingLog;
import dev.gavel.train.run.Window;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/// Where a training stands, and its rows of `metrics.jsonl`: means over the steps since the last
/// one; norm and rate of the last step.
final class Progress implements AutoCloseable {
  private final TrainingLog log;
  private final StatusLine status;
  private final Window window;
  private final int steps;
  private final ObjectNode settings;
  private long rowStart = System.nanoTime();
  private long rowTokens;
  private long tokens;
  private int step;
  private double epoch;
  private double lastNorm;
  private double lastRate;

  /// @param steps of the whole training
  /// @param settings what `trainer_state.json` says about the run
  Progress(TrainingLog log, StatusLine status, TrainerState state, int steps, ObjectNode settings) {
    this.log = log;
    this.status = status;
    this.steps = steps;
    this.settings = settings;
    window = state.window();
    tokens = state.tokens();
    step = state.step();
    epoch = state.epoch();
  }

  /// A step is done.
  ///
  /// @param norm of the gradients, before clipping
  void step(TrainingPlan.Step done, StepFigures figures, double norm, double rate) {
    step = done.number();
    epoch = done.epoch();
    window.add(figures.means());
    lastNorm = norm;
    lastRate = rate;
    tokens += figures.tokens();
    rowTokens += figures.tokens();
    String detail =
        String.format(
            Locale.ROOT, "epoch %.2f, loss %.4f, %,.0f tokens/s", epoch, figures.loss(), rate());
    status.update(step, steps, detail);
  }

  private double rate() {
    return rowTokens / Math.max(1e-9, (System.nanoTime() - rowStart) / 1e9);
  }

  /// Writes the row of the steps since the last one; nothing when there were none.
  void row() throws IOException {
    if (window.isEmpty()) {
      return;
    }
    Map<String, Number> row = head();
    row.putAll(window.take());
    row.put("num_tokens", tokens);
    row.put("grad_norm", lastNorm);
    row.put("learning_rate", lastRate);
    log.write(row);
    log.time(step, rate());
    restartClock();
  }

  /// What took time since the last row was no training.
  void restartClock() {
    rowStart = System.nanoTime();
    rowTokens = 0;
  }

  /// Writes the row of an evaluation.
  void evaluated(Map<String, Double> means) throws IOException {
    Map<String, Number> row = head();
    means.forEach((name, value) -> row.put("eval_" + name, value));
    row.put("eval_num_tokens", tokens);
    log.write(row);
    status.line(
        String.format(
            Locale.ROOT,
            "%d/%d steps, eval_loss %.4f",
            step,
            steps,
            means.getOrDefault("loss", 0.0)));
    restartClock();
  }

  private Map<String, Number> head() {
    Map<String, Number> row = new LinkedHashMap<>();
    row.put("step", (long) step);
    row.put("epoch", epoch);
    return row;
  }

  TrainerState state() {
    return new TrainerState(step, epoch, tokens, log.history(), window, settings);
  }

  @Override
  public void close() throws IOException {
    status.close();
    log.close();
  }
}
