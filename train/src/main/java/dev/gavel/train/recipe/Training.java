package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.llama.LlamaFiles;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.optim.AdamW;
import dev.gavel.tensor.optim.Schedule;
import dev.gavel.train.run.OptimizerFile;
import dev.gavel.train.run.RunFolder;
import dev.gavel.train.run.StatusLine;
import dev.gavel.train.run.SystemMemory;
import dev.gavel.train.run.TrainerState;
import dev.gavel.train.run.TrainingLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ObjectNode;

/// The loop around every recipe: learn from a step's rows, clip, update, log, evaluate, save.
public final class Training implements AutoCloseable {
  private final TrainOptions options;
  private final RunContext context;
  private final ModelSource source;
  private final Recipe recipe;
  private final RunFolder folder;
  private final SafetensorsDType stored;
  private final Device device;
  private final Llama model;
  private final AdamW optimizer;

  private Training(
      TrainConfig config, RunContext context, ModelSource source, Recipe recipe, RunFolder folder)
      throws IOException {
    this.options = config.train();
    this.context = context;
    this.source = source;
    this.recipe = recipe;
    this.folder = folder;
    StartOptions on = config.model();
    Devices.Choice choice = on.choose();
    stored = source.adapter().isPresent() ? StartOptions.adapter(choice) : on.stored(choice);
    device = choice.open(on.threadCount());
    try {
      model = source.load(device, folder.checkpoint());
    } catch (IOException | RuntimeException e) {
      device.close();
      throw e;
    }
    model.gradientCheckpointing(options.gradientCheckpointing());
    optimizer = new AdamW(model.parameters(), options.adamW());
  }

  /// How a run ended.
  ///
  /// @param steps done
  /// @param checkpoint where to go on, if it was interrupted
  public record Outcome(int steps, Optional<Path> checkpoint) {}

  /// Trains.
  ///
  /// @param resolved all options, for the run folder
  public static Outcome run(TrainConfig config, ObjectNode resolved, RunContext context)
      throws IOException {
    ModelSource source = ModelSource.open(config);
    try (RunFolder folder =
            RunFolder.open(config.train().outputDir(), config.train().resumeFromCheckpoint());
        Recipe recipe = config.recipe(source, context.err())) {
      RunFiles files = new RunFiles(config, resolved, source, recipe);
      files.note(context.err());
      OptionalLong free = SystemMemory.freeFor(config.model().choose());
      files.memory().require(free);
      context.err().println(files.memory().describe(free));
      try (Training training = new Training(config, context, source, recipe, folder)) {
        files.begin(folder, context.err()); // nothing is written before the weights are there
        recipe.begin(training.model, folder.path(), context);
        return training.train(files);
      }
    }
  }

  private Outcome train(RunFiles files) throws IOException {
    TrainingPlan plan = recipe.rows().plan();
    Schedule schedule = options.schedule(plan.steps());
    TrainerState state = folder.state();
    Watch watch = new Watch(context.err());
    if (folder.checkpoint().isPresent()) {
      OptimizerFile.read(folder.checkpoint().get(), optimizer);
    }
    try (Progress progress =
        new Progress(
            new TrainingLog(folder.path(), state),
            new StatusLine(context.err(), "steps", state.step()),
            state,
            plan.steps(),
            files.stateSettings())) {
      for (int done = state.step(); done < plan.steps(); done++) {
        TrainingPlan.Step step = plan.step(done);
        StepFigures figures = recipe.learn(model, step);
        double rate = options.learningRate() * schedule.factor(done);
        double norm = optimizer.gradNorm();
        requireFinite(step, figures.loss(), norm, progress.state());
        watch.look(step.number(), figures.means());
        watch.update(
            step.number(),
            rate,
            norm,
            model.parameters(),
            () -> optimizer.step(rate, options.maxGradNorm(), norm));

        boolean last = step.number() == plan.steps();
        boolean stop = context.stop().getAsBoolean() && !last;
        progress.step(step, figures, norm, rate);
        if (last || step.number() % options.loggingSteps() == 0) {
          progress.row();
        }
        if (options.evaluates(step)) {
          progress.evaluated(recipe.evaluate(model));
        }
        if (stop || options.saves(step, last)) {
          Path checkpoint = save(progress.state(), files);
          if (stop) {
            return new Outcome(step.number(), Optional.of(checkpoint));
          }
          progress.restartClock();
        }
      }
      saveModel(folder.path());
      files.end(folder, progress.state());
      SystemMemory.peak()
          .ifPresent(
              bytes -> context.err().println("peak memory: " + SystemMemory.gigabytes(bytes)));
      return new Outcome(plan.steps(), Optional.empty());
    }
  }

  /// Ends a run that has gone wrong before it spoils the weights.
  private static void requireFinite(
      TrainingPlan.Step step, double loss, double norm, TrainerState before) {
    if (Double.isFinite(loss) && Double.isFinite(norm)) {
      return;
    }
    throw new IllegalStateException(
        "step %d: loss is %s, grad_norm %s; nothing after step %d is saved. Try a smaller --learning_rate, more --warmup_steps, or --max_grad_norm 1"
            .formatted(step.number(), loss, norm, before.step()));
  }

  private Path save(TrainerState state, RunFiles files) throws IOException {
    return folder.save(
        state,
        files.rng(state.step()),
        dir -> {
          saveModel(dir);
          OptimizerFile.write(dir, optimizer, stored);
        },
        options.saveTotalLimit());
  }

  private void saveModel(Path dir) throws IOException {
    if (source.adapter().isPresent()) {
      String base = source.base().toString();
      LlamaFiles.saveAdapter(model, dir, base, stored, source.tokenizerFolder());
    } else {
      LlamaFiles.save(model, dir, stored, source.generationConfig(), source.tokenizerFolder());
    }
  }

  @Override
  public void close() {
    optimizer.close();
    model.close();
    device.close();
  }
}
