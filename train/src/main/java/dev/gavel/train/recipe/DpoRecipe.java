package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.data.TokenizedPair;
import dev.gavel.train.loss.PairLogProbs;
import dev.gavel.train.loss.PreferenceObjective;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// Direct preference optimization (Rafailov et al., arXiv 2305.18290) and its family: a loss on the
/// log-probabilities of chosen and rejected completions, compared with those of a reference.
///
/// Losses are divided by the pairs, or tokens, of the whole step, so that it does not depend on its
/// micro-batches.
final class DpoRecipe implements Recipe {
  private final DpoConfig config;
  private final ModelSource source;
  private final RunRows<TokenizedPair> rows;
  private final PreferenceObjective objective;
  private final Dropping dropping;
  private @Nullable Reference reference;

  private DpoRecipe(DpoConfig config, ModelSource source, RunRows<TokenizedPair> rows) {
    this.config = config;
    this.source = source;
    this.rows = rows;
    objective = config.preference().objective();
    dropping = Dropping.of(config);
  }

  static DpoRecipe read(DpoConfig config, ModelSource source, PrintStream err) throws IOException {
    RunRows<TokenizedPair> rows =
        PreferenceData.read(
            config, source, PreferenceRows.Use.DPO, config.rows(), config.truncationMode(), err);
    DpoRecipe recipe = new DpoRecipe(config, source, rows);
    if (recipe.objective.couplesRows() && config.train().gradientAccumulationSteps() > 1) {
      err.println(
          "note: loss type %s compares the pairs of a micro-batch: a step depends on how it is cut"
              .formatted(String.join(", ", config.preference().lossType())));
    }
    return recipe;
  }

  @Override
  public RunRows<?> rows() {
    return rows;
  }

  @Override
  public MemoryNeed.Work work() {
    ToIntFunction<TokenizedPair> scored = p -> p.chosen().scored() + p.rejected().scored();
    return new MemoryNeed.Work(
        rows.largestBatch(),
        rows.largestBatch(scored),
        rows.largestEvalBatch(config.train().perDeviceEvalBatchSize()),
        references());
  }

  /// Models that are held beside the policy while it is trained.
  private int references() {
    boolean below = config.preference().refModel().isEmpty() && source.isFreshAdapter();
    return objective.usesReference() && !below && !config.preference().precomputeRefLogProbs()
        ? 1
        : 0;
  }

  @Override
  public void begin(Llama model, Path folder, RunContext context) throws IOException {
    if (objective.usesReference()) {
      reference = Reference.open(config, source, rows, model, folder, context);
    }
  }

  @Override
  public void beginMeasuring(Llama model) throws IOException {
    if (objective.usesReference()) {
      reference = Reference.online(config, source, model);
    }
  }

  @Override
  public StepFigures learn(Llama model, TrainingPlan.Step step) {
    List<List<TokenizedPair>> batches = rows.microBatches(step);
    Counts counts = Counts.of(batches);
    DpoSums sums = new DpoSums();
    for (int i = 0; i < batches.size(); i++) {
      dropping.begin(model, step, i);
      try (Tape tape = Tape.record()) {
        tape.backward(loss(model, batches.get(i), counts, sums), 1);
      }
    }
    return new StepFigures(sums.means(), batches.stream().mapToLong(rows::tokens).sum());
  }

  @Override
  public Map<String, Double> evaluate(Llama model) {
    List<List<TokenizedPair>> batches = rows.evalBatches(config.train().perDeviceEvalBatchSize());
    Counts counts = Counts.of(batches);
    DpoSums sums = new DpoSums();
    for (List<TokenizedPair> batch : batches) {
      try (Scope _ = Scope.open()) {
        loss(model, batch, counts, sums);
      }
    }
    return sums.means();
  }

  /// What the loss of a step is divided by.
  private record Counts(long pairs, long chosenTokens) {
    static Counts of(List<List<TokenizedPair>> batches) {
      long pairs = 0;
      long tokens = 0;
      for (List<TokenizedPair> batch : batches) {
        pairs += batch.size();
        tokens += batch.stream().mapToLong(p -> p.chosen().scored()).sum();
      }
      return new Counts(pairs, tokens);
    }
  }

  /// A micro-batch's share of the step's loss.
  private Tensor loss(Llama model, List<TokenizedPair> batch, Counts counts, DpoSums sums) {
    double[] refs = reference == null ? new double[2 * batch.size()] : reference.sums(batch);
    PairScores scores = PairScores.of(model, batch);
    PairLogProbs pairs = pairs(scores, refs, batch);
    Tensor loss = objective.sum(pairs, counts.pairs, counts.chosenTokens);
    Tape.paused(() -> sums.add(loss, pairs, objective.rewards(pairs), scores, model));
    return loss;
  }

  private static PairLogProbs pairs(PairScores scores, double[] refs, List<TokenizedPair> batch) {
    int b = batch.size();
    Tensor sums = scores.sums();
    Device device = sums.device();
    DType type = sums.dtype();
    Tensor ref = device.of(type, refs, Shape.of(2L * b));
    return new PairLogProbs(
        sums.slice(0, b),
        sums.slice(b, 2L * b),
        ref.rows(0, b),
        ref.rows(b, 2L * b),
        device.of(type, lengths(batch, TokenizedPair::chosen), Shape.of(b)),
        device.of(type, lengths(batch, TokenizedPair::rejected), Shape.of(b)));
  }

  private static double[] lengths(
      List<TokenizedPair> batch, Function<TokenizedPair, Tokenized> side) {
    return batch.stream().mapToDouble(pair -> side.apply(pair).labelled()).toArray();
  }

  @Override
  public void close() {
    if (reference != null) {
      reference.close();
    }
  }
}
