package dev.gavel.bench.model;

import dev.gavel.llama.FolderWeights;
import dev.gavel.llama.Llama;
import dev.gavel.llama.RandomWeights;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.op.Ops;
import dev.gavel.tensor.optim.AdamW;
import dev.gavel.train.data.TokenBatch;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.loss.TokenCrossEntropy;
import dev.gavel.train.recipe.SftRecipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Training steps as the recipe does them: forward, loss, backward, gradient norm, clipping, AdamW.
/// Learning rate 1e-4, no weight decay.
public final class SftStep implements AutoCloseable {
  private static final int TEXTS = 8;
  private static final double LEARNING_RATE = 1e-4;
  private static final double MAX_GRAD_NORM = 1;

  private final Llama model;
  private final AdamW optimizer;
  private final List<TokenBatch> batches = new ArrayList<>();
  private int steps;

  /// @param folder weights to begin with; random ones when absent
  public SftStep(Device device, ModelShape shape, Optional<Path> folder, int threads)
      throws IOException {
    this(load(device, shape, folder, threads), shape);
  }

  private SftStep(Llama model, ModelShape shape) {
    this.model = model;
    optimizer = new AdamW(model.parameters(), new AdamW.Options(0.9, 0.999, 1e-8, 0));
    for (int b = 0; b < TEXTS; b++) {
      List<Tokenized> rows = new ArrayList<>();
      for (int r = 0; r < shape.rows(); r++) {
        int[] ids = shape.text(((long) b * shape.rows() + r) * shape.tokens(), shape.tokens());
        rows.add(new Tokenized(ids, ids));
      }
      batches.add(TokenBatch.of(rows));
    }
  }

  /// On weights that come as fast as memory, for benches that do not look at what is learned.
  ///
  /// @param checkpointing activations are computed again instead of kept
  public static SftStep fast(Device device, ModelShape shape, boolean checkpointing, int threads)
      throws IOException {
    LlamaConfig config = shape.config(SafetensorsDType.BF16);
    Llama model = Llama.trainable(config, device, new PatternWeights(), threads);
    model.gradientCheckpointing(checkpointing);
    return new SftStep(model, shape);
  }

  private static Llama load(Device device, ModelShape shape, Optional<Path> folder, int threads)
      throws IOException {
    if (folder.isPresent()) {
      try (ModelFolder files = ModelFolder.open(folder.get())) {
        return Llama.trainable(files.config(), device, new FolderWeights(files), threads);
      }
    }
    LlamaConfig config = shape.config(SafetensorsDType.F32);
    return Llama.trainable(config, device, new RandomWeights(config, 1, false), threads);
  }

  /// One step on the next text.
  ///
  /// @return the loss before it
  public double run() {
    TokenBatch batch = batches.get(steps++ % TEXTS);
    double loss;
    try (Tape tape = Tape.record()) {
      Ops.LogProbs scored = SftRecipe.score(model, batch);
      tape.backward(TokenCrossEntropy.sum(scored.values()), 1.0 / batch.labels());
      loss = -Arrays.stream(scored.values().toDoubles()).sum() / batch.labels();
    }
    optimizer.step(LEARNING_RATE, MAX_GRAD_NORM);
    return loss;
  }

  @Override
  public void close() {
    optimizer.close();
    model.close();
  }
}
