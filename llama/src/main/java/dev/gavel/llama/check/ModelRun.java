package dev.gavel.llama.check;

import dev.gavel.llama.Llama;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import dev.gavel.tensor.optim.AdamW;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a device makes of a [CheckModel]: figures by name.
final class ModelRun {
  private static final long SEED = 7;

  /// Sequences that cross the tiles of attention, 64 and 128 tokens, and one of a single token.
  private static final int[] LENGTHS = {150, 7, 1};

  private static final int[] TRAINED = {21, 9};
  private static final int STEPS = 5;

  /// A prefix of one whole page, which all sequences share, and some tokens of the next.
  private static final int PREFIX = KvPool.PAGE + 9;

  private static final int SAMPLES = 3;
  private static final int DECODED = 4;

  private final CheckModel model;
  private final LlamaConfig config;
  private final Device device;
  private final DType type;

  /// @param type to which weights are rounded
  ModelRun(CheckModel model, Device device, DType type) {
    this.model = model;
    this.config = model.config();
    this.device = device;
    this.type = type;
  }

  private int[] ids(int count, int stream) {
    int[] ids = new int[count];
    Arrays.setAll(ids, i -> Rng.below(config.vocabSize(), SEED, stream, i));
    return ids;
  }

  // ---------------------------------------------------------------- training

  /// Logits of whole sequences, and the gradients of their negative log-likelihood.
  Map<String, double[]> forwardAndBackward() throws IOException {
    Map<String, double[]> figures = new LinkedHashMap<>();
    Ragged batch = Ragged.ofLengths(LENGTHS);
    try (Llama llama = Llama.trainable(config, device, model.weights(type), 1);
        Tape tape = Tape.record()) {
      Tensor hidden = llama.hidden(device.ofInts(ids(batch.tokens(), 1)), batch);
      figures.put("logits", llama.logits(hidden).toDoubles());
      Ops.LogProbs scored = llama.logProbs(hidden, device.ofInts(ids(batch.tokens(), 2)));
      figures.put("log-probs", scored.values().toDoubles());
      tape.backward(scored.values().sum().neg(), 1.0 / batch.tokens());
      for (Tensor p : llama.parameters()) {
        Tensor g = p.grad();
        figures.put("gradient of " + p.name(), g == null ? new double[0] : g.toDoubles());
      }
    }
    return figures;
  }

  /// Losses, norms and weights of some steps of AdamW, with accumulation over two micro-batches.
  Map<String, double[]> trajectory() throws IOException {
    double[] losses = new double[STEPS];
    double[] norms = new double[STEPS];
    try (Llama llama = Llama.trainable(config, device, model.weights(type), 1);
        AdamW optimizer = new AdamW(llama.parameters(), new AdamW.Options(0.9, 0.99, 1e-8, 0.01))) {
      for (int step = 0; step < STEPS; step++) {
        for (int length : TRAINED) {
          losses[step] += accumulate(llama, length);
        }
        norms[step] = optimizer.step(1e-3, 1);
      }
      Map<String, double[]> figures = new LinkedHashMap<>();
      figures.put("losses", losses);
      figures.put("norms of gradients", norms);
      return figures;
    }
  }

  private double accumulate(Llama llama, int length) {
    try (Tape tape = Tape.record()) {
      int[] all = ids(length, length);
      Tensor hidden = llama.hidden(device.ofInts(all), Ragged.ofLengths(length));
      int[] targets = Arrays.copyOfRange(all, 1, length);
      Tensor values = llama.logProbs(hidden.slice(0, length - 1), device.ofInts(targets)).values();
      Tensor loss = values.sum().neg();
      tape.backward(loss, 1.0 / Arrays.stream(TRAINED).sum());
      return loss.item() / Arrays.stream(TRAINED).sum();
    }
  }

  // ---------------------------------------------------------------- generation

  /// Logits of sequences that share a prefix, read at once and then token by token; the tokens are
  /// given, so that no near-tie leads elsewhere.
  Map<String, double[]> decode() throws IOException {
    Map<String, double[]> figures = new LinkedHashMap<>();
    int own = 2; // pages of a sequence: what is left of the prefix, and more
    try (Llama llama = Llama.atRest(config, device, model.weights(type), 1);
        KvPool pool =
            device
                .backend()
                .kvPool(
                    device.arithmetic(),
                    config.numHiddenLayers(),
                    config.numKeyValueHeads(),
                    config.headDim(),
                    2 + own * SAMPLES)) {
      int[] prefix = ids(PREFIX, 3);
      figures.put(
          "logits of the prefix",
          logits(llama, pool, List.of(prefix), new int[] {0}, new int[][] {{0, 1}}));
      int[][] pages = new int[SAMPLES][];
      int[] start = new int[SAMPLES];
      for (int s = 0; s < SAMPLES; s++) {
        pages[s] = new int[] {0, 2 + own * s, 3 + own * s};
        pool.copyPage(1, pages[s][1]);
      }
      for (int t = 0; t < DECODED; t++) {
        List<int[]> next = new ArrayList<>();
        for (int s = 0; s < SAMPLES; s++) {
          start[s] = PREFIX + t;
          next.add(ids(1, 10 + t * SAMPLES + s));
        }
        figures.put("logits of step " + t, logits(llama, pool, next, start, pages));
      }
    }
    return figures;
  }

  private double[] logits(Llama llama, KvPool pool, List<int[]> next, int[] start, int[][] pages) {
    try (Scope _ = Scope.open()) {
      int[] ids = next.stream().flatMapToInt(Arrays::stream).toArray();
      KvBatch batch = new KvBatch(Ragged.of(next), start.clone(), pages);
      return llama.logits(llama.hidden(device.ofInts(ids), pool, batch)).toDoubles();
    }
  }
}
