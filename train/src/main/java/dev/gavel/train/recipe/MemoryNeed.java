package dev.gavel.train.recipe;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.WeightNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/// The memory that a training will take, computed before it starts: weights, gradients, AdamW's two
/// moments, what a forward pass keeps for the backward pass, and logits.
///
/// @param state bytes of weights, gradients and moments
/// @param activations bytes of the largest micro-batch
record MemoryNeed(long state, long activations) {
  /// Logits kept at most, as the fused op does it.
  private static final long KEPT_LOGITS = 1 << 25;

  /// The JVM and the kernels' work space.
  private static final long REST = 300L << 20;

  /// Room that blocks of other sizes leave unused.
  private static final double SLACK = 1.1;

  /// @param bytes of a number in the arithmetic's type
  /// @param tokens of the largest micro-batch
  /// @param labels of it
  static MemoryNeed of(LlamaConfig c, int bytes, long tokens, long labels, boolean checkpointing) {
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
    long logits = Math.min(labels * c.vocabSize(), KEPT_LOGITS) * 2;
    long head = 2L * labels * c.hiddenSize() + 2L * tokens * c.hiddenSize();
    return new MemoryNeed(4L * bytes * parameters, bytes * (tokens * kept + logits + head));
  }

  long bytes() {
    return (long) (SLACK * (state + activations)) + REST;
  }

  /// Memory that this process may still get: what the kernel calls available, and what a container
  /// leaves; empty where neither is told.
  static OptionalLong free() {
    long meminfo = meminfo("MemAvailable:");
    long limit = number(Path.of("/sys/fs/cgroup/memory.max"));
    long used = number(Path.of("/sys/fs/cgroup/memory.current"));
    long container = limit < 0 || used < 0 ? Long.MAX_VALUE : limit - used;
    long least = Math.min(meminfo < 0 ? Long.MAX_VALUE : meminfo, container);
    return least == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(least);
  }

  private static long meminfo(String key) {
    try {
      List<String> lines = Files.readAllLines(Path.of("/proc/meminfo"));
      return lines.stream()
          .filter(l -> l.startsWith(key))
          .mapToLong(l -> 1024 * Long.parseLong(l.replaceAll("\\D", "")))
          .findFirst()
          .orElse(-1);
    } catch (IOException e) {
      return -1;
    }
  }

  private static long number(Path file) {
    try {
      return Long.parseLong(Files.readString(file).strip());
    } catch (IOException | NumberFormatException e) {
      return -1;
    }
  }

  /// `needs 3.1 GB, 22.0 GB free: …`, with what helps where it does not fit.
  String describe() {
    String text =
        "needs about %s (%s for weights, gradients and AdamW, %s for activations)"
            .formatted(gigabytes(bytes()), gigabytes(state), gigabytes(activations));
    OptionalLong free = free();
    if (free.isEmpty()) {
      return text;
    }
    text += ", " + gigabytes(free.getAsLong()) + " free";
    return bytes() <= free.getAsLong()
        ? text
        : text
            + ": too much; use --gradient_checkpointing true, a smaller --per_device_train_batch_size (with more --gradient_accumulation_steps), or a smaller --max_length";
  }

  private static String gigabytes(long bytes) {
    return "%.1f GB".formatted(bytes / 1e9);
  }
}
