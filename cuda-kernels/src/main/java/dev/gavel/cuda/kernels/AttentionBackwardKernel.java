package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Gradients of causal grouped-query attention: `attention_backward.cu`,
/// `attention_backward_wgmma.cu` and `attention_backward_plain.cu`. Deterministic: each gradient is
/// summed by one block, in a fixed order.
///
/// ```java
/// var plan = kernel.plan(BF16, 128, batch);          // once a batch: which version, which tiles
/// upload(plan.words(), words);                       // plan.bytes() of device memory
/// kernel.run(plan, new Shape(32, 8, 128), new Buffers(...), words, scratch);
/// ```
public final class AttentionBackwardKernel {
  /// Ways to compute the same.
  public enum Version {
    /// Tensor cores by Hopper's warpgroup instruction: bf16, heads of 64 and 128, compute capability
    /// 9.0 alone.
    WGMMA("attention_backward_wgmma", "wgmma_", 128, 256),
    /// Tensor cores by mma.sync: bf16, heads of 64 and 128, compute capability 8.0 and later.
    MMA("attention_backward", "", 64, 128),
    /// Plain loops: f32 and bf16, any head.
    PLAIN("attention_backward_plain", "plain_", 0, 32);

    private final String stem;
    private final String prefix;
    private final int rows;
    private final int threads;

    Version(String stem, String prefix, int rows, int threads) {
      this.stem = stem;
      this.prefix = prefix;
      this.rows = rows;
      this.threads = threads;
    }

    private boolean takes(DType type, int headSize) {
      return this == PLAIN || type == DType.BF16 && (headSize == 64 || headSize == 128);
    }

    private int sharedBytes(int headSize, boolean keys) {
      return switch (this) {
        case WGMMA -> (2 * 128 + 3 * 2 * 64) * headSize * 2 + 3 * 2 * 64 * 4;
        case MMA -> (2 * 64 + 2 * 2 * 64) * headSize * 2 + 2 * 2 * 64 * 4;
        case PLAIN -> (keys ? 2 : 1) * headSize * 4;
      };
    }
  }

  /// @param kvHeads divides heads
  public record Shape(int heads, int kvHeads, int headSize) {
    public Shape {
      if (heads < 1 || kvHeads < 1 || heads % kvHeads != 0 || headSize < 1) {
        throw new IllegalArgumentException(
            "attention backward: %d heads of %d, %d key heads; key heads divide heads"
                .formatted(heads, headSize, kvHeads));
      }
    }
  }

  /// Device addresses, aligned to 16 bytes. With T tokens, H heads, KV key heads and heads of D:
  /// q, y, gy, gq [T, H, D], k, v, gk, gv [T, KV, D], lse [T, H] f32. The gradients gq, gk and gv are
  /// overwritten.
  public record Buffers(
      long q, long k, long v, long y, long lse, long gy, long gq, long gk, long gv) {}

  private static final int MOST_TILES = 65_535;

  private record Entries(Kernel prepare, Kernel queries, Kernel keys) {}

  private final Stream stream;
  private final Modules modules;
  private final Map<String, Entries> known = new HashMap<>();

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
    List<Version> usable = new ArrayList<>();
    for (Version v : Version.values()) {
      if (v.takes(type, headSize) && modules.has(v.stem)) {
        usable.add(v);
      }
    }
    return List.copyOf(usable);
  }

  /// The work of a batch, for all layers of one shape.
  public Plan plan(DType type, int headSize, Ragged batch) {
    return plan(versions(type, headSize).getFirst(), type, batch);
  }

  /// The same for a version of the caller's choice.
  public Plan plan(Version version, DType type, Ragged batch) {
    return Plan.of(version, type, batch);
  }

  /// Device memory for what [#run] keeps of each token and head.
  public static long scratchBytes(long tokens, int heads) {
    return 2 * Float.BYTES * tokens * heads;
  }

  /// Multiply-adds count two: five products of T^2 / 2 by D for each sequence and head, whatever the
  /// version does (tensor core versions compute seven).
  public static double flops(Shape shape, Ragged batch) {
    double pairs = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      double length = batch.offset(s + 1) - batch.offset(s);
      pairs += length * length / 2;
    }
    return 5 * 2.0 * shape.headSize * shape.heads * pairs;
  }

  /// Each array once.
  public static double bytes(DType type, Shape shape, Ragged batch) {
    double row = type.bytes() * (double) shape.headSize;
    return batch.tokens() * (row * (4 * shape.heads + 4 * shape.kvHeads) + 4.0 * shape.heads);
  }

  /// Launches everything.
  ///
  /// @param words address of [Plan#words] on the device, aligned to 8 bytes
  /// @param scratch address of [#scratchBytes]
  public void run(Plan plan, Shape shape, Buffers b, long words, long scratch) {
    if (!plan.version.takes(plan.type, shape.headSize)) {
      throw new IllegalArgumentException(
          "attention backward: the plan is for %s, which does not take heads of %d in %s"
              .formatted(plan.version, shape.headSize, plan.type));
    }
    if (plan.tokens > 0) {
      Entries e = entries(plan, shape);
      if (plan.version == Version.PLAIN) {
        runPlain(e, plan, shape, b, words, scratch);
      } else {
        runTiles(e, plan, shape, b, words, scratch);
      }
    }
  }

  private Entries entries(Plan plan, Shape shape) {
    Version v = plan.version;
    String variant =
        v == Version.PLAIN ? plan.type.name().toLowerCase(java.util.Locale.ROOT) : "" + shape.headSize;
    return known.computeIfAbsent(v.prefix + variant, key -> {
      Version preparing = v == Version.WGMMA ? Version.MMA : v;
      return new Entries(
          kernel(preparing, "prepare_", variant),
          kernel(v, "queries_", variant),
          kernel(v, "keys_", variant));
    });
  }

  private Kernel kernel(Version v, String what, String variant) {
    return modules.kernel(v.stem, "attention_backward_" + v.prefix + what + variant);
  }

  private void runTiles(Entries e, Plan plan, Shape shape, Buffers b, long words, long scratch) {
    Version v = plan.version;
    int d = shape.headSize;
    long level = scratch;
    long delta = scratch + Float.BYTES * (long) plan.tokens * shape.heads;
    float scale = (float) (1 / Math.sqrt(d));
    e.prepare.grid(Grid.blocks((long) plan.tokens * shape.heads, 8)).block(256)
        .arg(level).arg(delta).arg(b.y).arg(b.gy).arg(b.lse).arg(plan.tokens).arg(shape.heads)
        .launch(stream);
    e.keys.grid(shape.kvHeads, plan.tiles).block(v.threads).shared(v.sharedBytes(d, true))
        .arg(b.gk).arg(b.gv).arg(b.q).arg(b.k).arg(b.v).arg(b.gy).arg(level).arg(delta)
        .arg(words).arg(words + 4L * plan.keyTiles())
        .arg(plan.tokens).arg(shape.heads).arg(shape.kvHeads).arg(scale)
        .launch(stream);
    e.queries.grid(shape.heads, plan.tiles).block(v.threads).shared(v.sharedBytes(d, false))
        .arg(b.gq).arg(b.q).arg(b.k).arg(b.v).arg(b.gy).arg(level).arg(delta)
        .arg(words).arg(words + 4L * plan.queryTiles())
        .arg(plan.tokens).arg(shape.heads).arg(shape.kvHeads).arg(scale)
        .launch(stream);
  }

  private void runPlain(Entries e, Plan plan, Shape shape, Buffers b, long words, long delta) {
    Version v = plan.version;
    int d = shape.headSize;
    long ofToken = words + 4L * plan.tokenSequences();
    float scale = (float) (1 / Math.sqrt(d));
    e.prepare.grid(Grid.blocks((long) plan.tokens * shape.heads, 8)).block(256)
        .arg(delta).arg(b.y).arg(b.gy).arg(plan.tokens).arg(shape.heads).arg(d)
        .launch(stream);
    e.keys.grid(plan.tokens, shape.kvHeads).block(v.threads).shared(v.sharedBytes(d, true))
        .arg(b.gk).arg(b.gv).arg(b.q).arg(b.k).arg(b.v).arg(b.gy).arg(b.lse).arg(delta)
        .arg(words).arg(ofToken).arg(shape.heads).arg(d).arg(scale)
        .launch(stream);
    e.queries.grid(plan.tokens, shape.heads).block(v.threads).shared(v.sharedBytes(d, false))
        .arg(b.gq).arg(b.q).arg(b.k).arg(b.v).arg(b.gy).arg(b.lse).arg(delta)
        .arg(words).arg(ofToken).arg(shape.kvHeads).arg(d).arg(scale)
        .launch(stream);
  }

  /// The work of a batch as the kernels read it: where sequences begin, and lists of tiles
  /// {sequence, first row}, the most work first, so that short blocks fill the gaps at the end.
  ///
  /// ```
  /// tensor cores   offsets [S + 1] | to an even place | tiles of keys [n][2] | of queries [n][2]
  /// plain          offsets [S + 1] | to an even place | sequence of each token [T]
  /// ```
  public static final class Plan {
    private final Version version;
    private final DType type;
    private final int tokens;
    private final int sequences;
    private final int tiles;
    private final int[] words;

    private Plan(Version version, DType type, int tokens, int sequences, int tiles, int[] words) {
      this.version = version;
      this.type = type;
      this.tokens = tokens;
      this.sequences = sequences;
      this.tiles = tiles;
      this.words = words;
    }

    private static Plan of(Version version, DType type, Ragged batch) {
      int sequences = batch.sequences();
      int even = (sequences + 2) / 2 * 2;
      List<Tile> tiles = version == Version.PLAIN ? List.of() : tiles(batch, version.rows);
      if (tiles.size() > MOST_TILES) {
        throw new IllegalArgumentException(
            "attention backward: %d tokens make %d tiles of %d, at most %d go into one launch; cut the batch"
                .formatted(batch.tokens(), tiles.size(), version.rows, MOST_TILES));
      }
      int own = version == Version.PLAIN ? batch.tokens() : 4 * tiles.size();
      int[] words = new int[even + own];
      for (int s = 0; s <= sequences; s++) {
        words[s] = batch.offset(s);
      }
      if (version == Version.PLAIN) {
        for (int s = 0; s < sequences; s++) {
          java.util.Arrays.fill(words, even + batch.offset(s), even + batch.offset(s + 1), s);
        }
      } else {
        put(tiles, Tile::queriesAfter, words, even);
        put(tiles, Tile::keysBefore, words, even + 2 * tiles.size());
      }
      return new Plan(version, type, batch.tokens(), sequences, tiles.size(), words);
    }

    private record Tile(int sequence, int first, int length) {
      int queriesAfter() {
        return length - first;
      }

      int keysBefore() {
        return first;
      }
    }

    private static List<Tile> tiles(Ragged batch, int rows) {
      List<Tile> tiles = new ArrayList<>();
      for (int s = 0; s < batch.sequences(); s++) {
        int length = batch.offset(s + 1) - batch.offset(s);
        for (int first = 0; first < length; first += rows) {
          tiles.add(new Tile(s, first, length));
        }
      }
      return tiles;
    }

    private static void put(
        List<Tile> tiles, java.util.function.ToIntFunction<Tile> work, int[] words, int at) {
      List<Tile> sorted = new ArrayList<>(tiles);
      sorted.sort(java.util.Comparator.comparingInt(work).reversed());
      for (Tile t : sorted) {
        words[at++] = t.sequence;
        words[at++] = t.first;
      }
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

    private int keyTiles() {
      return (sequences + 2) / 2 * 2;
    }

    private int queryTiles() {
      return keyTiles() + 2 * tiles;
    }

    private int tokenSequences() {
      return keyTiles();
    }
  }
}
