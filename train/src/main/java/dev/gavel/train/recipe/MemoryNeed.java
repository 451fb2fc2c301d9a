package dev.gavel.train.recipe;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Devices;
import dev.gavel.train.run.SystemMemory;
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
  public record Work(long tokens, long labels, long evalTokens) {}

  static MemoryNeed of(TrainConfig config, ModelSource source, Recipe recipe) {
    return of(
        source.config(),
        config.model().choose(),
        recipe.work(),
        config.train().gradientCheckpointing());
  }

  /// @param choice what will compute
  static MemoryNeed of(LlamaConfig c, Devices.Choice choice, Work work, boolean checkpointing) {
    int bytes = choice.arithmetic().bytes();
    long parameters = WeightNames.of(c).stream().mapToLong(w -> w.shape().size()).sum();
    long heads = (long) c.numAttentionHeads() * c.headDim();
    long kv = (long) c.numKeyValueHeads() * c.headDim();
    // two norms, o, the sum, down, the sum; q, its rotation, the attention; k, its rotation, v;
    // gate, up, their product; log-sum-exp and the norms' reciprocals
    long layer =
        6L * c.hiddenSize()
            + 3 * heads
            + 3 * kv
            + 3L * c.intermediateSize()
            + c.numAttentionHeads()
            + 2;
    long gradients = 2L * c.hiddenSize() + 3L * c.intermediateSize();
    long kept =
        checkpointing
            ? c.numHiddenLayers() * (long) c.hiddenSize() + 2 * layer
            : c.numHiddenLayers() * layer + gradients;
    long logits = Math.min(work.labels * c.vocabSize(), KEPT_LOGITS) * 2;
    long head = 2L * (work.labels + work.tokens) * c.hiddenSize();
    long training = work.tokens * kept + logits + head;
    long evaluation = work.evalTokens * (layer + 2L * c.hiddenSize()); // one layer at a time
    return new MemoryNeed(
        stateBytes(choice.arithmetic()) * parameters,
        bytes * Math.max(training, evaluation),
        checkpointing);
  }

  /// Weight, gradient, two moments, and the master of a bf16 weight.
  private static long stateBytes(DType arithmetic) {
    int wide = arithmetic.statistics().bytes();
    return 2L * arithmetic.bytes() + (arithmetic == DType.BF16 ? 3L : 2L) * wide;
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
      return "take a smaller model; weights, gradients and AdamW alone do not fit";
    }
    return (checkpointing ? "use " : "use --gradient_checkpointing true, ")
        + "a smaller --per_device_train_batch_size (with more --gradient_accumulation_steps), or a"
        + " smaller --max_length";
  }
}
