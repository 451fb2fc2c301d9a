package dev.gavel.llama;

import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.io.MappedTensor;
import dev.gavel.tensor.spi.PackedMatrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Builds a [Llama] from a source of weights, several tensors at a time.
final class LlamaLoader {
  /// What weights are for.
  enum Kind {
    /// Parameters of the arithmetic type.
    TRAINABLE,
    /// Gradients pass through them.
    FROZEN,
    /// No gradient passes through them.
    AT_REST
  }

  private final LlamaConfig config;
  private final Device device;
  private final WeightSource source;
  private final Kind kind;
  private final Optional<LoraConfig> lora;
  private final WeightSource adapter;
  private final Adapters adapters = new Adapters();
  private final ExecutorService threads;

  private LlamaLoader(
      LlamaConfig config,
      Device device,
      WeightSource source,
      Kind kind,
      Optional<LoraConfig> lora,
      WeightSource adapter,
      int threads) {
    this.config = config;
    this.device = device;
    this.source = source;
    this.kind = kind;
    this.lora = lora;
    this.adapter = adapter;
    this.threads = Executors.newFixedThreadPool(Math.max(1, threads));
  }

  static Llama load(LlamaConfig config, Device device, WeightSource source, Kind kind, int threads)
      throws IOException {
    if (source instanceof FolderWeights folder) {
      folder.requireNoAdapter();
    }
    return load(config, device, source, kind, Optional.empty(), source, threads);
  }

  /// @param lora what sits on the weights; its own are trained unless the others are at rest
  /// @param adapter where its own come from
  static Llama load(
      LlamaConfig config,
      Device device,
      WeightSource source,
      Kind kind,
      Optional<LoraConfig> lora,
      WeightSource adapter,
      int threads)
      throws IOException {
    LlamaLoader loader = new LlamaLoader(config, device, source, kind, lora, adapter, threads);
    try {
      return loader.load();
    } finally {
      loader.threads.shutdown();
    }
  }

  private Llama load() throws IOException {
    int c = config.hiddenSize();
    int v = config.vocabSize();
    Future<Projection> embedding = matrix(WeightNames.EMBEDDING, v, c);
    List<LayerParts> parts = new ArrayList<>();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      parts.add(layer(i));
    }
    Future<Tensor> norm = vector(WeightNames.FINAL_NORM, c);
    Future<Projection> head = head();
    List<DecoderLayer> layers = new ArrayList<>();
    for (LayerParts p : parts) {
      layers.add(p.join());
    }
    Projection own = head == null ? ownHead(get(embedding)) : get(head);
    return new Llama(config, device, get(embedding), layers, get(norm), own, lora, adapters);
  }

  private @Nullable Future<Projection> head() {
    int c = config.hiddenSize();
    if (config.architecture() == Architecture.SEQUENCE_CLASSIFICATION) {
      return matrix(WeightNames.SCORE, config.numLabels(), c);
    }
    return config.tieWordEmbeddings() ? null : matrix(WeightNames.LM_HEAD, config.vocabSize(), c);
  }

  /// The head that an adapter has in place of a tied one.
  private @Nullable Projection ownHead(Projection embedding) throws IOException {
    if (lora.isEmpty() || !lora.get().saves(WeightNames.LM_HEAD)) {
      return null;
    }
    Projection own =
        whole(
            adapter,
            LoraConfig.nameOfSaved(WeightNames.LM_HEAD),
            config.vocabSize(),
            config.hiddenSize());
    return new SavedModule(embedding.base(), true, own, adapters);
  }

  private record LayerParts(
      int index, List<Future<Tensor>> norms, List<Future<Projection>> projections) {
    DecoderLayer join() throws IOException {
      List<Projection> p = new ArrayList<>();
      for (Future<Projection> f : projections) {
        p.add(get(f));
      }
      return new DecoderLayer(
          index,
          get(norms.get(0)),
          p.get(0),
          p.get(1),
          p.get(2),
          p.get(3),
          get(norms.get(1)),
          p.get(4),
          p.get(5),
          p.get(6));
    }
  }

  private LayerParts layer(int i) {
    int c = config.hiddenSize();
    int heads = config.numAttentionHeads() * config.headDim();
    int kvHeads = config.numKeyValueHeads() * config.headDim();
    int f = config.intermediateSize();
    return new LayerParts(
        i,
        List.of(
            vector(WeightNames.layer(i, "input_layernorm"), c),
            vector(WeightNames.layer(i, "post_attention_layernorm"), c)),
        List.of(
            matrix(WeightNames.layer(i, "self_attn.q_proj"), heads, c),
            matrix(WeightNames.layer(i, "self_attn.k_proj"), kvHeads, c),
            matrix(WeightNames.layer(i, "self_attn.v_proj"), kvHeads, c),
            matrix(WeightNames.layer(i, "self_attn.o_proj"), c, heads),
            matrix(WeightNames.layer(i, "mlp.gate_proj"), f, c),
            matrix(WeightNames.layer(i, "mlp.up_proj"), f, c),
            matrix(WeightNames.layer(i, "mlp.down_proj"), c, f)));
  }

  private Future<Tensor> vector(String name, long size) {
    return submit(() -> {
      Tensor t = dense(source, name, device.arithmetic(), Shape.of(size), 1, size);
      return kind == Kind.TRAINABLE ? t.parameter() : t;
    });
  }

  private Future<Projection> matrix(String name, long rows, long columns) {
    return submit(() -> {
      if (lora.isPresent() && lora.get().saves(name)) {
        Projection own = whole(adapter, LoraConfig.nameOfSaved(name), rows, columns);
        return source.has(name)
            ? new SavedModule(base(name, rows, columns), false, own, adapters)
            : new SavedModule(own, true, own, adapters);
      }
      Projection base = base(name, rows, columns);
      return lora.isPresent() && lora.get().adapts(name)
          ? adapted(base, name, rows, columns, lora.get())
          : base;
    });
  }

  private Projection base(String name, long rows, long columns) throws IOException {
    if (kind != Kind.FROZEN) {
      return whole(source, name, rows, columns);
    }
    DType stored = source.type(name);
    DType arithmetic = device.arithmetic();
    boolean narrow =
        stored.bytes() < arithmetic.bytes() && device.backend().takesNarrowWeights(arithmetic);
    DType type = narrow ? stored : arithmetic;
    return new Projection.Dense(dense(source, name, type, Shape.of(rows, columns), rows, columns));
  }

  /// At rest, or a parameter.
  private Projection whole(WeightSource from, String name, long rows, long columns)
      throws IOException {
    if (kind == Kind.AT_REST) {
      return new Projection.AtRest(atRest(from, name, rows, columns));
    }
    Shape shape = Shape.of(rows, columns);
    return new Projection.Dense(
        dense(from, name, device.arithmetic(), shape, rows, columns).parameter());
  }

  private Projection adapted(
      Projection base, String name, long rows, long columns, LoraConfig config) throws IOException {
    return new Lora(
        base,
        name,
        low(LoraConfig.nameOfA(name), config.r(), columns),
        low(LoraConfig.nameOfB(name), rows, config.r()),
        config,
        adapters);
  }

  /// A or B.
  private Tensor low(String name, long rows, long columns) throws IOException {
    Tensor t = dense(adapter, name, device.arithmetic(), Shape.of(rows, columns), rows, columns);
    return kind == Kind.AT_REST ? t : t.parameter();
  }

  private Tensor dense(
      WeightSource from, String name, DType to, Shape shape, long rows, long columns)
      throws IOException {
    Tensor t = device.empty(to, shape).named(name);
    DType type = from.type(name);
    from.read(
        name,
        rows,
        columns,
        (piece, first, count) -> {
          try (Scope _ = Scope.open()) {
            Tensor target = t.view(Shape.of(rows, columns)).rows(first, first + count);
            MemorySegment values = piece.asSlice(0, count * columns * type.bytes());
            if (type == to) {
              device.backend().upload(values, target);
              return;
            }
            Tensor stored = device.empty(type, Shape.of(count * columns));
            device.backend().upload(values, stored);
            device.backend().copy(stored, target.view(stored.shape()));
          }
        });
    return t;
  }

  private PackedMatrix atRest(WeightSource from, String name, long rows, long columns)
      throws IOException {
    PackedMatrix w = device.backend().pack(from.type(name), device.arithmetic(), rows, columns);
    Optional<MappedTensor> lent = w.borrows() ? from.lend(name) : Optional.empty();
    if (lent.isPresent()) {
      w.borrow(lent.get());
      return w;
    }
    from.read(
        name,
        rows,
        columns,
        (MemorySegment piece, long first, long count) -> w.put(piece, first, count));
    return w;
  }

  private <T> Future<T> submit(Callable<T> work) {
    return threads.submit(work);
  }

  private static <T> T get(@Nullable Future<T> future) throws IOException {
    try {
      return java.util.Objects.requireNonNull(future).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      if (e.getCause() instanceof RuntimeException r) {
        throw r;
      }
      throw new IllegalStateException("loading the weights failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while loading the weights", e);
    }
  }
}
