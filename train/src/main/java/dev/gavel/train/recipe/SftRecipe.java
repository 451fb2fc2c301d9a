package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
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

/// Supervised fine-tuning: the negative log-likelihood of the labelled tokens of a step, a mean
/// over all of them.
public final class SftRecipe extends BatchRecipe<Tokenized, TokenSums> {
  SftRecipe(RunRows<Tokenized> rows, TrainConfig config) {
    super(rows, config);
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
    return new SftRecipe(rows, config);
  }

  @Override
  TokenSums sums() {
    return new TokenSums();
  }

  @Override
  long terms(List<Tokenized> batch) {
    return batch.stream().mapToLong(Tokenized::scored).sum();
  }

  @Override
  int headRows(Tokenized row) {
    return row.scored();
  }

  @Override
  Tensor loss(Llama model, List<Tokenized> batch, TokenSums sums) {
    Ops.LogProbs scored = score(model, TokenBatch.of(batch));
    sums.add(scored);
    return TokenCrossEntropy.sum(scored.values());
  }

  /// Log-probabilities of a batch's labels.
  public static Ops.LogProbs score(Llama model, TokenBatch batch) {
    Device device = model.device();
    Tensor hidden = model.hidden(device.ofInts(batch.ids()), batch.sequences());
    Tensor before = hidden.gather(device.ofInts(batch.rows()));
    return model.logProbs(before, device.ofInts(batch.targets()));
  }
}
