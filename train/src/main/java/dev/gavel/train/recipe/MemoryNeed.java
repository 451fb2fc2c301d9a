package dev.gavel.train.recipe;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Devices;
import dev.gavel.train.run.SystemMemory;
import java.util.Optional;
import java.util.OptionalLong;

/// The memory that a training will take, computed before it starts: weights, gradients, AdamW's two
/// moments, what a forward pass keeps for the backward pass, and logits.
///
/// @param state bytes of weights, gradients and moments
/// @param activations bytes of the largest micro-batch
/// @param checkpointing activations are computed again instead of kept
public record MemoryNeed(long state, long activations, boolean checkpointing) {
  /// Logits kept at most, as the fused op does it.
  private static final long KEPT_LOGITS = 1 << 25;

  /// The JVM and the kernels' work space.
  private static final long REST = 300L << 20;

  /// Room that blocks of other sizes leave unused.
  private static final double SLACK = 1.1;

  /// What is done at most at a time.
  ///
  /// @param tokens of the largest micro-batch
  /// @param labels of the micro-batch with most of them
  /// @param evalTokens of the largest batch of an evaluation
  /// @param references further models that are held beside the one that is trained
  public record Work(long tokens, long labels, long evalTokens, int references) {}

  /// Weights, of which some are trained.
  ///
  /// @param frozenBytes of a frozen weight
  private record Weights(long all, long trained, int frozenBytes) {
    static Weights of(LlamaConfig model, Optional<LoraConfig> adapter, DType arithmetic) {
      long all = WeightNames.parameters(model);
      if (adapter.isEmpty()) {
        return new Weights(all, all, arithmetic.bytes());
      }
      long trained = adapter.get().tensors(model).stream().mapToLong(w -> w.shape().size()).sum();
      return new Weights(all, trained, Math.min(arithmetic.bytes(), model.dtype().bytes()));
    }

    /// A trained weight has a gradient, two moments, and where it is bf16 a master.
    long state(DType arithmetic) {
      int wide = arithmetic.statistics().bytes();
      long each = 2L * arithmetic.bytes() + (arithmetic == DType.BF16 ? 3L : 2L) * wide;
      return each * trained + (trained == all ? 0 : frozenBytes * all);
    }
  }

  static MemoryNeed of(TrainConfig config, ModelSource source, Recipe recipe) {
    return of(
        source.config(),
        source.adapter(),
        config.model().choose(),
        recipe.work(),
        config.train().gradientCheckpointing());
  }

  /// @param choice what will compute
  static MemoryNeed of(
      LlamaConfig c,
      Optional<LoraConfig> adapter,
      Devices.Choice choice,
      Work work,
      boolean checkpointing) {
    DType arithmetic = choice.arithmetic();
    Weights weights = Weights.of(c, adapter, arithmetic);
    long state = weights.state(arithmetic) + work.references * weights.all * weights.frozenBytes;
    long training = work.tokens * kept(c, checkpointing) + head(c, work);
    long evaluation = work.evalTokens * (layer(c) + 2L * c.hiddenSize()); // one layer at a time
    return new MemoryNeed(
        state, arithmetic.bytes() * Math.max(training, evaluation), checkpointing);
  }

  /// Values that a layer keeps of a token: two norms, o, the sum, down, the sum; q, its rotation,
  /// the attention; k, its rotation, v; gate, up, their product; log-sum-exp and the norms'
  /// reciprocals.
  private static long layer(LlamaConfig c) {
    long heads = (long) c.numAttentionHeads() * c.headDim();
    long kv = (long) c.numKeyValueHeads() * c.headDim();
    return 6L * c.hiddenSize()
        + 3 * heads
        + 3 * kv
        + 3L * c.intermediateSize()
        + c.numAttentionHeads()
        + 2;
  }

  private static long kept(LlamaConfig c, boolean checkpointing) {
    long gradients = 2L * c.hiddenSize() + 3L * c.intermediateSize();
    return checkpointing
        ? c.numHiddenLayers() * (long) c.hiddenSize() + 2 * layer(c)
        : c.numHiddenLayers() * layer(c) + gradients;
  }

  private static long head(LlamaConfig c, Work work) {
    long logits = Math.min(work.labels * c.vocabSize(), KEPT_LOGITS) * 2;
    return logits + 2L * (work.labels + work.tokens) * c.hiddenSize();
  }

  long bytes() {
    return (long) (SLACK * (state + activations)) + REST;
  }

  /// `needs about 3.1 GB (…), 22.0 GB free`.
  String describe(OptionalLong free) {
    String text =
        "needs about %s (%s for weights, gradients and AdamW, %s for activations)"
            .formatted(
                SystemMemory.gigabytes(bytes()),
                SystemMemory.gigabytes(state),
                SystemMemory.gigabytes(activations));
    return free.isEmpty() ? text : text + ", " + SystemMemory.gigabytes(free.getAsLong()) + " free";
  }

  boolean fits(OptionalLong free) {
    return free.isEmpty() || bytes() <= free.getAsLong();
  }

  /// Ends a run that would end for want of memory, before it begins.
  ///
  /// @throws IllegalStateException with what helps
  void require(OptionalLong free) {
    if (!fits(free)) {
      throw new IllegalStateException(describe(free) + ": " + remedy(free.getAsLong()));
    }
  }

  private String remedy(long free) {
    if (SLACK * state + REST > free) {
      return "take a smaller model; weights, gradients and AdamW alone do not fit (adapters on"
          + " frozen weights, --use_peft true, need less)";
    }
    return (checkpointing ? "use " : "use --gradient_checkpointing true, ")
        + "a smaller --per_device_train_batch_size (with more --gradient_accumulation_steps), or a"
        + " smaller --max_length";
  }
}
