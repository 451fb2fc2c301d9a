package dev.gavel.llama;

import dev.gavel.llama.hub.AdapterConfig;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A Llama model (Touvron et al., arXiv 2302.13971; Llama 3: arXiv 2407.21783) under its Hugging
/// Face weight names: embedding, decoder layers, final norm, and a head on the normed hidden
/// states.
///
/// Trainable weights are parameters of the device's arithmetic type; weights at rest stay in their
/// file's type, and frozen ones too where the device multiplies with that. A LoRA adapter sits on
/// weights of either kind. Not safe for several threads at once.
public final class Llama implements AutoCloseable {
  /// Rows of logits that exist at a time where no gradient is wanted; fixed, so that bits depend on
  /// nothing else.
  private static final int LOGIT_ROWS = 64;

  private final LlamaConfig config;
  private final Device device;
  private final Projection embedding;
  private final List<DecoderLayer> layers;
  private final Tensor norm;
  private final @Nullable Projection ownHead;
  private final Optional<LoraConfig> lora;
  private final Adapters adapters;
  private final Rotation rotation;
  private boolean checkpointing;

  Llama(
      LlamaConfig config,
      Device device,
      Projection embedding,
      List<DecoderLayer> layers,
      Tensor norm,
      @Nullable Projection ownHead,
      Optional<LoraConfig> lora,
      Adapters adapters) {
    this.config = config;
    this.device = device;
    this.embedding = embedding;
    this.layers = List.copyOf(layers);
    this.norm = norm;
    this.ownHead = ownHead;
    this.lora = lora;
    this.adapters = adapters;
    this.rotation = new Rotation(config, device);
  }

  /// Weights that can be trained, in the device's arithmetic type.
  public static Llama trainable(LlamaConfig config, Device device, WeightSource source, int threads)
      throws IOException {
    return LlamaLoader.load(config, device, source, LlamaLoader.Kind.TRAINABLE, threads);
  }

  /// Weights at rest, for judging and generation.
  public static Llama atRest(LlamaConfig config, Device device, WeightSource source, int threads)
      throws IOException {
    return LlamaLoader.load(config, device, source, LlamaLoader.Kind.AT_REST, threads);
  }

  /// A folder's model at rest, its adapter on top if it is an adapter's folder.
  public static Llama atRest(ModelFolder folder, Device device, int threads) throws IOException {
    FolderWeights weights = new FolderWeights(folder);
    Optional<LoraConfig> lora = folder.adapter().map(AdapterConfig::lora);
    return LlamaLoader.load(
        folder.config(), device, weights, LlamaLoader.Kind.AT_REST, lora, weights, threads);
  }

  /// Weights that gradients pass through and that have none: a training's frozen part, in the
  /// file's type where the backend widens it on the way.
  public static Llama frozen(LlamaConfig config, Device device, WeightSource source, int threads)
      throws IOException {
    return LlamaLoader.load(config, device, source, LlamaLoader.Kind.FROZEN, threads);
  }

  /// A frozen base under a LoRA adapter that can be trained.
  ///
  /// @param adapter the adapter's weights under their names in files: [LoraInit] for a new one, or
  ///   [FolderWeights] of an adapter's folder
  /// @throws IllegalArgumentException if `lora` names what the model does not have
  public static Llama adapted(
      LlamaConfig config,
      Device device,
      WeightSource base,
      LoraConfig lora,
      WeightSource adapter,
      int threads)
      throws IOException {
    lora.requireFits(config);
    return LlamaLoader.load(
        config, device, base, LlamaLoader.Kind.FROZEN, Optional.of(lora), adapter, threads);
  }

  public LlamaConfig config() {
    return config;
  }

  public Device device() {
    return device;
  }

  /// The adapter on the weights, if there is one.
  public Optional<LoraConfig> lora() {
    return lora;
  }

  /// Turns LoRA's dropout on for the forward passes that follow, while a tape records. The masks
  /// are a function of these numbers, of the weight's name and of the element's place in the batch,
  /// so that a run which goes on draws them again.
  public void dropout(long seed, long step, int microBatch) {
    adapters.training(seed, step, microBatch);
  }

  /// Computes something with the base alone: the reference policy of an adapter's training.
  ///
  /// @throws IllegalStateException if there is no adapter
  public <T> T withoutAdapter(Supplier<T> body) {
    if (lora.isEmpty()) {
      throw new IllegalStateException("the model has no adapter that could be left out");
    }
    return adapters.without(body);
  }

  /// Activation checkpointing, layer by layer, while a tape records.
  public void gradientCheckpointing(boolean on) {
    checkpointing = on;
  }

  /// Final hidden states [T, C], normed, of whole sequences.
  ///
  /// @param ids i32 [T], laid end to end
  public Tensor hidden(Tensor ids, Ragged batch) {
    return forward(ids, new Attend.Batch(batch), h -> {});
  }

  /// Final hidden states [T, C] of new tokens on top of a cache, which is extended by them.
  public Tensor hidden(Tensor ids, KvPool pool, KvBatch batch) {
    return forward(ids, new Attend.Cached(pool, batch), h -> {});
  }

  /// All hidden states in the order of transformers' `hidden_states`: the embedding, the output of
  /// each layer, the last one after the final norm.
  public List<Tensor> hiddenStates(Tensor ids, Ragged batch) {
    List<Tensor> states = new ArrayList<>();
    Tensor last = forward(ids, new Attend.Batch(batch), h -> states.add(h.mul(1)));
    states.set(states.size() - 1, last);
    return states;
  }

  private Tensor forward(Tensor ids, Attend attend, Consumer<Tensor> observer) {
    int[] positions = attend.positions();
    int length = 1;
    for (int p : positions) {
      length = Math.max(length, p + 1);
    }
    DecoderLayer.Step step =
        new DecoderLayer.Step(config, rotation.table(length), device.ofInts(positions), attend);
    Adapters.Pass pass = adapters.begin();
    Tensor x = embedding.gather(norm, ids);
    observer.accept(x);
    for (DecoderLayer layer : layers) {
      x = run(layer, x, step, pass);
      observer.accept(x);
    }
    return Ops.rmsNorm(x, norm, config.rmsNormEps());
  }

  private Tensor run(DecoderLayer layer, Tensor x, DecoderLayer.Step step, Adapters.Pass pass) {
    if (Tape.recording()) {
      return checkpointing
          ? Tape.checkpoint(h -> adapters.again(pass, () -> layer.forward(h, step)), x)
          : layer.forward(x, step);
    }
    try (Scope scope = Scope.open()) {
      Tensor y = scope.keep(layer.forward(x, step));
      x.close();
      return y;
    }
  }

  /// Tied embeddings share their weights, not a copy that an adapter has of one of them.
  private Projection head() {
    return ownHead == null ? embedding.base() : ownHead.current();
  }

  /// Logits [T, V] of hidden states [T, C], in the statistics' type; for a classifier its labels.
  public Tensor logits(Tensor hidden) {
    return head().logits(hidden);
  }

  /// For each of the hidden states [T, C] the mean of its logits over the vocabulary. No gradient.
  public double[] meanLogits(Tensor hidden) {
    return Tape.paused(() -> {
      try (Scope _ = Scope.open()) {
        Tensor mean = head().meanLogits(hidden);
        return mean.toDoubles();
      }
    });
  }

  /// Log-probabilities of `targets` (i32 [T]) after the hidden states [T, C], with a gradient where
  /// weights can be trained.
  public Ops.LogProbs logProbs(Tensor hidden, Tensor targets) {
    return switch (head()) {
      case Projection.Dense(Tensor w) -> Ops.linearLogProb(hidden, w, targets);
      case Projection.AtRest _ -> logProbsInChunks(hidden, targets);
      case Lora _, SavedModule _ -> throw new IllegalStateException("a head is one matrix");
    };
  }

  private Ops.LogProbs logProbsInChunks(Tensor hidden, Tensor targets) {
    long rows = hidden.shape().dim(0);
    Tensor values = device.empty(device.statistics(), Shape.of(rows));
    Tensor stats = device.empty(device.statistics(), Shape.of(rows, 3));
    for (long at = 0; at < rows; at += LOGIT_ROWS) {
      long end = Math.min(rows, at + LOGIT_ROWS);
      try (Scope _ = Scope.open()) {
        device
            .backend()
            .logProb(
                logits(hidden.rows(at, end)),
                targets.rows(at, end),
                values.rows(at, end),
                stats.rows(at, end));
      }
    }
    return new Ops.LogProbs(values, stats);
  }

  /// What is trained, in the order of a Hugging Face state dict: all weights, or what an adapter
  /// has (A, B, and modules saved whole) under its names in files; empty for weights at rest and
  /// for frozen ones.
  public List<Tensor> parameters() {
    List<Tensor> all = new ArrayList<>();
    add(all, embedding);
    for (DecoderLayer layer : layers) {
      layer.projections().forEach(p -> add(all, p));
      all.add(layer.inputNorm());
      all.add(layer.postNorm());
    }
    all.add(norm);
    if (ownHead != null) {
      add(all, ownHead);
    }
    return all.stream().filter(Tensor::isParameter).toList();
  }

  private static void add(List<Tensor> all, Projection p) {
    switch (p) {
      case Projection.Dense(Tensor w) -> all.add(w);
      case Projection.AtRest _ -> {}
      case Lora l -> {
        all.add(l.a());
        all.add(l.b());
      }
      case SavedModule m -> add(all, m.own());
    }
  }

  @Override
  public void close() {
    embedding.close();
    layers.forEach(DecoderLayer::close);
    norm.clearGrad();
    norm.close();
    if (ownHead != null) {
      ownHead.close();
    }
    rotation.close();
  }
}
