package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Causal grouped-query attention inside each sequence of a batch: `attention_forward_wgmma.cu`,
/// `attention_forward.cu` and `attention_plain.cu`. A row's bits depend on its own sequence only.
///
/// ```java
/// var plan = kernel.plan(BF16, 128, batch);       // once a batch: which version, which tiles
/// upload(plan.words(), words);                    // plan.bytes() of device memory, for all layers
/// kernel.run(plan, new AttentionShape(32, 8, 128), new Buffers(...), words);
/// ```
public final class AttentionForwardKernel {
  /// Ways to compute the same, the fastest first.
  public enum Version {
    /// Hopper's warpgroup products: bf16, heads of 64 and 128, compute capability 9.0 alone.
    WGMMA("attention_forward_wgmma", 64, 128),
    /// mma.sync: bf16, heads of 64 and 128, compute capability 8.0 and later.
    MMA("attention_forward", 128, 128),
    /// Plain loops: f32 and bf16, any head.
    PLAIN("attention_plain", 1, 32);

    private final String stem;
    private final int rows;
    private final int threads;

    Version(String stem, int rows, int threads) {
      this.stem = stem;
      this.rows = rows;
      this.threads = threads;
    }

    private boolean takes(DType type, int headSize) {
      return this == PLAIN || type == DType.BF16 && (headSize == 64 || headSize == 128);
    }

    private String entry(DType type, int headSize) {
      return this == PLAIN
          ? "attention_plain_batch_" + type.name().toLowerCase(Locale.ROOT)
          : stem + "_" + headSize;
    }

    /// The tile of queries, and two each of keys and values; or one query.
    private int sharedBytes(int headSize) {
      int keys = this == WGMMA && headSize == 64 ? 128 : 64;
      return this == PLAIN ? headSize * Float.BYTES : (rows + 4 * keys) * headSize * 2;
    }
  }

  /// Device addresses, aligned to 16 bytes: q and y [T, H, D], k and v [T, KV, D], lse [T, H] f32.
  public record Buffers(long q, long k, long v, long y, long lse) {}

  /// The most blocks in a grid's second dimension.
  private static final int MOST_TILES = 65_535;

  private final Stream stream;
  private final Modules modules;

  public AttentionForwardKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
  }

  /// The versions that this device has for a type and head size, the fastest first.
  public List<Version> versions(DType type, int headSize) {
    if (type != DType.F32 && type != DType.BF16) {
      throw new IllegalArgumentException(
          "attention: takes F32 and BF16, found " + type + "; cast it");
    }
    return Arrays.stream(Version.values())
        .filter(v -> v.takes(type, headSize) && modules.has(v.stem))
        .toList();
  }

  /// The work of a batch, for all layers of one shape.
  public Plan plan(DType type, int headSize, Ragged batch) {
    return plan(versions(type, headSize).getFirst(), type, batch);
  }

  /// The same for a version of the caller's choice.
  public Plan plan(Version version, DType type, Ragged batch) {
    return Plan.of(version, type, batch);
  }

  /// Multiply-adds count two: two products of T^2 / 2 by D for each sequence and head.
  public static double flops(AttentionShape shape, Ragged batch) {
    double squares = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      squares += (double) batch.length(s) * batch.length(s);
    }
    return 2 * squares * shape.headSize() * shape.heads();
  }

  /// Each array once.
  public static double bytes(DType type, AttentionShape shape, Ragged batch) {
    double row = type.bytes() * (double) shape.headSize();
    return batch.tokens() * (2 * row * (shape.heads() + shape.kvHeads()) + 4.0 * shape.heads());
  }

  /// Overwrites y and lse.
  ///
  /// @param words address of [Plan#words] on the device, aligned to 8 bytes
  public void run(Plan plan, AttentionShape shape, Buffers b, long words) {
    Version v = plan.version;
    int d = shape.headSize();
    if (!v.takes(plan.type, d)) {
      throw new IllegalArgumentException(
          "attention: the plan is for %s, which does not take heads of %d in %s"
              .formatted(v, d, plan.type));
    }
    Kernel kernel = modules.kernel(v.stem, v.entry(plan.type, d));
    boolean plain = v == Version.PLAIN;
    if (plain) {
      kernel.grid(plan.blocks, shape.heads(), Grid.blocks(d, 128));
    } else {
      kernel.grid(shape.heads(), plan.blocks);
    }
    kernel
        .block(v.threads)
        .shared(v.sharedBytes(d))
        .arg(b.y)
        .arg(b.lse)
        .arg(b.q)
        .arg(b.k)
        .arg(b.v)
        .arg(words)
        .arg(words + 4L * plan.second);
    if (plain) {
      kernel.arg(d);
    }
    kernel.arg(shape.kvHeads()).arg(shape.scale()).launch(stream);
  }

  /// The work of a batch as the kernels read it: where sequences begin, and then, for tensor cores,
  /// tiles {sequence, first query}, the most work first, so that short ones fill the gaps at the
  /// end.
  ///
  /// ```
  /// tensor cores   offsets [S + 1] | to an even place | tiles [n][2]
  /// plain          offsets [S + 1] | to an even place | sequence of each token [T]
  /// ```
  public static final class Plan {
    private final Version version;
    private final DType type;
    private final int blocks;
    private final int second;
    private final int[] words;

    private Plan(Version version, DType type, int blocks, int second, int[] words) {
      this.version = version;
      this.type = type;
      this.blocks = blocks;
      this.second = second;
      this.words = words;
    }

    private static Plan of(Version version, DType type, Ragged batch) {
      int[] list = version == Version.PLAIN ? sequences(batch) : tiles(batch, version.rows);
      int blocks = version == Version.PLAIN ? list.length : list.length / 2;
      if (version != Version.PLAIN && blocks > MOST_TILES) {
        throw new IllegalArgumentException(
            "attention: %d tokens make %d tiles of %d, at most %d go into one launch; cut the batch"
                .formatted(batch.tokens(), blocks, version.rows, MOST_TILES));
      }
      int second = (batch.sequences() + 2) / 2 * 2;
      int[] words = new int[second + list.length];
      for (int s = 0; s <= batch.sequences(); s++) {
        words[s] = batch.offset(s);
      }
      System.arraycopy(list, 0, words, second, list.length);
      return new Plan(version, type, blocks, second, words);
    }

    private static int[] sequences(Ragged batch) {
      int[] of = new int[batch.tokens()];
      for (int s = 0; s < batch.sequences(); s++) {
        Arrays.fill(of, batch.offset(s), batch.offset(s + 1), s);
      }
      return of;
    }

    private static int[] tiles(Ragged batch, int rows) {
      List<int[]> tiles = new ArrayList<>();
      for (int s = 0; s < batch.sequences(); s++) {
        for (int first = 0; first < batch.length(s); first += rows) {
          tiles.add(new int[] {s, first});
        }
      }
      tiles.sort((a, b) -> Integer.compare(b[1], a[1]));
      return tiles.stream().flatMapToInt(Arrays::stream).toArray();
    }

    /// Which version will run.
    public Version version() {
      return version;
    }

    /// What to upload.
    public int[] words() {
      return words.clone();
    }

    /// Bytes of [#words].
    public long bytes() {
      return 4L * words.length;
    }
  }
}
