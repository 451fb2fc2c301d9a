package dev.gavel.llama;

import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.PackedMatrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Builds a [Llama] from a source of weights, several tensors at a time.
final class LlamaLoader {
  private final LlamaConfig config;
  private final Device device;
  private final WeightSource source;
  private final boolean trainable;
  private final ExecutorService threads;

  private LlamaLoader(
      LlamaConfig config, Device device, WeightSource source, boolean trainable, int threads) {
    this.config = config;
    this.device = device;
    this.source = source;
    this.trainable = trainable;
    this.threads = Executors.newFixedThreadPool(Math.max(1, threads));
  }

  static Llama load(
      LlamaConfig config, Device device, WeightSource source, boolean trainable, int threads)
      throws IOException {
    LlamaLoader loader = new LlamaLoader(config, device, source, trainable, threads);
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
    return new Llama(
        config, device, get(embedding), layers, get(norm), head == null ? null : get(head));
  }

  private @Nullable Future<Projection> head() {
    int c = config.hiddenSize();
    if (config.architecture() == Architecture.SEQUENCE_CLASSIFICATION) {
      return matrix(WeightNames.SCORE, config.numLabels(), c);
    }
    return config.tieWordEmbeddings() ? null : matrix(WeightNames.LM_HEAD, config.vocabSize(), c);
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
    return submit(() -> dense(name, Shape.of(size), 1, size));
  }

  private Future<Projection> matrix(String name, long rows, long columns) {
    return submit(() ->
        trainable
            ? new Projection.Dense(dense(name, Shape.of(rows, columns), rows, columns))
            : new Projection.AtRest(atRest(name, rows, columns)));
  }

  /// Values in the device's arithmetic type.
  private Tensor dense(String name, Shape shape, long rows, long columns) throws IOException {
    Tensor t = device.empty(device.arithmetic(), shape).named(name);
    DType type = source.type(name);
    source.read(
        name,
        rows,
        columns,
        (piece, first, count) -> {
          try (Scope _ = Scope.open()) {
            Tensor stored = device.empty(type, Shape.of(count * columns));
            device.backend().upload(piece.asSlice(0, count * columns * type.bytes()), stored);
            Tensor target = t.view(Shape.of(rows, columns)).rows(first, first + count);
            device.backend().copy(stored, target.view(stored.shape()));
          }
        });
    return trainable ? t.parameter() : t;
  }

  private PackedMatrix atRest(String name, long rows, long columns) throws IOException {
    PackedMatrix w = device.backend().pack(source.type(name), device.arithmetic(), rows, columns);
    source.read(
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
