package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import dev.gavel.train.data.SftDataset;
import dev.gavel.train.data.SftRows;
import dev.gavel.train.data.TokenBatch;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.loss.TokenCrossEntropy;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/// Supervised fine-tuning: the negative log-likelihood of the labelled tokens.
///
/// A step's loss is one mean over the labelled tokens of all its micro-batches, so that 8 rows in
/// one micro-batch, 4 in two and 1 in eight are the same step.
public final class SftRecipe implements Recipe {
  private final RunRows<Tokenized> rows;
  private final int evalBatch;

  private SftRecipe(RunRows<Tokenized> rows, int evalBatch) {
    this.rows = rows;
    this.evalBatch = evalBatch;
  }

  static SftRecipe read(SftConfig config, ModelSource source, PrintStream err) throws IOException {
    SftRows tokenizer =
        new SftRows(
            config.rows(),
            source.tokenizer(),
            source.config().vocabSize(),
            source::chat,
            config.model().dateString());
    int maxLength = config.data().maxLength();
    RunRows.Reader<Tokenized> reader =
        files -> {
          SftDataset set = SftDataset.read(files, tokenizer, maxLength, config.truncationMode());
          err.println(set.describe(maxLength));
          return set.rows();
        };
    RunRows<Tokenized> rows = RunRows.read(config, reader, Tokenized::length);
    if (tokenizer.mixed()) {
      err.println(
          "note: plain texts and conversations stand in one data set; its first row decides whether"
              + " texts get an end token");
    }
    return new SftRecipe(rows, config.train().perDeviceEvalBatchSize());
  }

  @Override
  public String command() {
    return "sft";
  }

  @Override
  public String title() {
    return "Supervised fine-tuning";
  }

  @Override
  public RunRows<?> rows() {
    return rows;
  }

  @Override
  public MemoryNeed.Work work() {
    return new MemoryNeed.Work(
        rows.largestBatch(),
        rows.largestBatch(Tokenized::scored),
        rows.largestEvalBatch(evalBatch));
  }

  @Override
  public StepFigures learn(Llama model, TrainingPlan.Step step) {
    List<TokenBatch> batches = rows.microBatches(step).stream().map(TokenBatch::of).toList();
    long labels = batches.stream().mapToLong(TokenBatch::labels).sum();
    TokenSums sums = new TokenSums();
    for (TokenBatch batch : batches) {
      try (Tape tape = Tape.record()) {
        Ops.LogProbs scored = score(model, batch);
        tape.backward(TokenCrossEntropy.sum(scored.values()), 1.0 / labels);
        sums.add(scored);
      }
    }
    return new StepFigures(sums.means(), batches.stream().mapToLong(TokenBatch::tokens).sum());
  }

  @Override
  public Map<String, Double> evaluate(Llama model) {
    TokenSums sums = new TokenSums();
    for (List<Tokenized> batch : rows.evalBatches(evalBatch)) {
      try (Scope _ = Scope.open()) {
        sums.add(score(model, TokenBatch.of(batch)));
      }
    }
    return sums.means();
  }

  /// Log-probabilities of a batch's labels.
  public static Ops.LogProbs score(Llama model, TokenBatch batch) {
    Device device = model.device();
    Tensor hidden = model.hidden(device.ofInts(batch.ids()), batch.sequences());
    Tensor before = hidden.gather(device.ofInts(batch.rows()));
    return model.logProbs(before, device.ofInts(batch.targets()));
  }
}
