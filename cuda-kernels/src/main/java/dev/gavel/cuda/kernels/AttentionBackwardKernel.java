package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Gradients of causal grouped-query attention inside each sequence of a batch:
/// `attention_backward_wgmma.cu`, `attention_backward.cu` and `attention_backward_plain.cu`. Each
/// gradient is summed by one block in one order, so the bits repeat.
///
/// ```java
/// var plan = kernel.plan(BF16, 128, batch);       // once a batch: which version, which tiles
/// upload(plan.words(), words);                    // plan.bytes() of device memory, for all layers
/// kernel.run(plan, new AttentionShape(32, 8, 128), new Buffers(...), words, scratch);
/// ```
public final class AttentionBackwardKernel {
  /// Ways to compute the same, the fastest first.
  public enum Version {
    /// Hopper's warpgroup products: bf16, heads of 64 and 128, compute capability 9.0 alone.
    WGMMA("attention_backward_wgmma", 128),
    /// mma.sync: bf16, heads of 64 and 128, compute capability 8.0 and later.
    MMA("attention_backward", 128),
    /// Plain loops: f32 and bf16, any head.
    PLAIN("attention_backward_plain", 32);

    private final String stem;
    private final int threads;

    Version(String stem, int threads) {
      this.stem = stem;
      this.threads = threads;
    }

    private boolean takes(DType type, int headSize) {
      return this == PLAIN || type == DType.BF16 && (headSize == 64 || headSize == 128);
    }

    /// Two tiles of 64 rows kept and four walked over, and two numbers of 64 queries, twice.
    private int sharedBytes(int headSize, boolean keys) {
      return this == PLAIN
          ? (keys ? 2 : 1) * headSize * Float.BYTES
          : 6 * 64 * headSize * 2 + 4 * 64 * Float.BYTES;
    }
  }

  /// Device addresses, aligned to 16 bytes: q, y, gy, gq [T, H, D], k, v, gk, gv [T, KV, D], and
  /// lse [T, H] f32.
  public record Buffers(
      long q, long k, long v, long y, long lse, long gy, long gq, long gk, long gv) {}

  private final Stream stream;
  private final Modules modules;

  public AttentionBackwardKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
  }

  /// The versions that this device has for a type and head size, the fastest first.
  public List<Version> versions(DType type, int headSize) {
    if (type != DType.F32 && type != DType.BF16) {
      throw new IllegalArgumentException(
          "attention backward: takes F32 and BF16, found " + type + "; cast it");
    }
    return Arrays.stream(Version.values())
        .filter(v -> v.takes(type, headSize) && modules.has(v.stem))
        .toList();
  }

  /// The work of a batch, for all layers of one shape.
  public AttentionBackwardPlan plan(DType type, int headSize, Ragged batch) {
    return plan(versions(type, headSize).getFirst(), type, batch);
  }

  /// The same for a version of the caller's choice.
  public AttentionBackwardPlan plan(Version version, DType type, Ragged batch) {
    return new AttentionBackwardPlan(version, type, batch);
  }

  /// Device memory for what [#run] keeps of each token and head.
  public static long scratchBytes(long tokens, int heads) {
    return 2L * Float.BYTES * tokens * heads;
  }

  /// Multiply-adds count two: five products of T^2 / 2 by D for each sequence and head, whatever a
  /// version does (all compute seven).
  public static double flops(AttentionShape shape, Ragged batch) {
    double squares = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      squares += (double) batch.length(s) * batch.length(s);
    }
    return 5 * squares * shape.headSize() * shape.heads();
  }

  /// Each array once.
  public static double bytes(DType type, AttentionShape shape, Ragged batch) {
    double row = type.bytes() * (double) shape.headSize();
    return batch.tokens() * (4 * row * (shape.heads() + shape.kvHeads()) + 4.0 * shape.heads());
  }

  /// Overwrites gq, gk and gv.
  ///
  /// @param words address of [AttentionBackwardPlan#words] on the device, aligned to 8 bytes
  /// @param scratch address of [#scratchBytes], aligned to 4 bytes
  public void run(
      AttentionBackwardPlan plan, AttentionShape shape, Buffers b, long words, long scratch) {
    if (!plan.version().takes(plan.type(), shape.headSize())) {
      throw new IllegalArgumentException(
          "attention backward: the plan is for %s, which does not take heads of %d in %s"
              .formatted(plan.version(), shape.headSize(), plan.type()));
    }
    if (plan.version() == Version.PLAIN) {
      runPlain(plan, shape, b, words, scratch);
    } else {
      runTiles(plan, shape, b, words, scratch);
    }
  }

  private void runTiles(
      AttentionBackwardPlan plan, AttentionShape shape, Buffers b, long words, long scratch) {
    Version v = plan.version();
    int heads = shape.heads();
    long level = scratch;
    long delta = scratch + (long) Float.BYTES * plan.tokens() * heads;
    String size = "_" + shape.headSize();
    modules
        .kernel(Version.MMA.stem, Version.MMA.stem + "_prepare" + size)
        .grid(heads, Grid.blocks(plan.tokens(), 64))
        .block(256)
        .arg(level)
        .arg(delta)
        .arg(b.y)
        .arg(b.gy)
        .arg(b.lse)
        .arg(plan.tokens())
        .launch(stream);
    Kernel keys = modules.kernel(v.stem, v.stem + "_keys" + size);
    keys.grid(shape.kvHeads(), plan.tiles())
        .block(v.threads)
        .shared(v.sharedBytes(shape.headSize(), true))
        .arg(b.gk)
        .arg(b.gv);
    inputs(keys, plan, shape, b, level, delta, words, plan.keyTiles(words)).launch(stream);
    Kernel queries = modules.kernel(v.stem, v.stem + "_queries" + size);
    queries
        .grid(heads, plan.tiles())
        .block(v.threads)
        .shared(v.sharedBytes(shape.headSize(), false))
        .arg(b.gq);
    inputs(queries, plan, shape, b, level, delta, words, plan.queryTiles(words)).launch(stream);
  }

  private static Kernel inputs(
      Kernel k,
      AttentionBackwardPlan plan,
      AttentionShape shape,
      Buffers b,
      long level,
      long delta,
      long offsets,
      long tiles) {
    return k.arg(b.q)
        .arg(b.k)
        .arg(b.v)
        .arg(b.gy)
        .arg(level)
        .arg(delta)
        .arg(offsets)
        .arg(tiles)
        .arg(plan.tokens())
        .arg(shape.heads())
        .arg(shape.kvHeads())
        .arg(shape.scale());
  }

  private void runPlain(
      AttentionBackwardPlan plan, AttentionShape shape, Buffers b, long words, long delta) {
    Version v = plan.version();
    int tokens = plan.tokens();
    int d = shape.headSize();
    long sequence = plan.sequenceOfToken(words);
    String type = "_" + plan.type().name().toLowerCase(Locale.ROOT);
    modules
        .kernel(v.stem, v.stem + "_prepare" + type)
        .grid(Grid.blocks((long) tokens * shape.heads(), 8))
        .block(256)
        .arg(delta)
        .arg(b.y)
        .arg(b.gy)
        .arg(tokens)
        .arg(shape.heads())
        .arg(d)
        .launch(stream);
    modules
        .kernel(v.stem, v.stem + "_keys" + type)
        .grid(tokens, shape.kvHeads())
        .block(v.threads)
        .shared(v.sharedBytes(d, true))
        .arg(b.gk)
        .arg(b.gv)
        .arg(b.q)
        .arg(b.k)
        .arg(b.v)
        .arg(b.gy)
        .arg(b.lse)
        .arg(delta)
        .arg(words)
        .arg(sequence)
        .arg(shape.heads())
        .arg(d)
        .arg(shape.scale())
        .launch(stream);
    modules
        .kernel(v.stem, v.stem + "_queries" + type)
        .grid(tokens, shape.heads())
        .block(v.threads)
        .shared(v.sharedBytes(d, false))
        .arg(b.gq)
        .arg(b.q)
        .arg(b.k)
        .arg(b.v)
        .arg(b.gy)
        .arg(b.lse)
        .arg(delta)
        .arg(words)
        .arg(sequence)
        .arg(shape.kvHeads())
        .arg(d)
        .arg(shape.scale())
        .launch(stream);
  }
}
