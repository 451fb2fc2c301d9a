package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Attention over a [KvPool]: writes keys and values of new tokens, and attends over the pages.
///
/// A sequence with one new token takes `attention_decode.cu`, one with more `attention_paged.cu`;
/// f32, other head sizes take `attention_plain.cu`. (With more than 64 query heads on a head of
/// keys one token takes `attention_paged.cu` too.) The choice looks at the sequence alone, and each
/// kernel computes a row from its own sequence alone, so a request's bits do not depend on what
/// runs beside it.
///
/// ```java
/// var plan = attention.plan(BF16, shape, batch);        // once a step, for all layers
/// upload(plan.words(), words);                          // plan.bytes() of device memory
/// attention.write(plan, layer, k, v, words);
/// attention.attend(plan, layer, q, y, words, scratch);  // plan.scratchBytes() of device memory
/// ```
public final class PagedAttention {
  private final Stream stream;
  private final Modules modules;
  private final KvWriteKernel write;
  private final AttentionDecodeKernel decode;
  private final AttentionPagedKernel paged;

  public PagedAttention(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
    write = new KvWriteKernel(context);
    decode = new AttentionDecodeKernel(context);
    paged = new AttentionPagedKernel(context);
  }

  /// The work of a batch.
  public static final class Plan {
    private final DType type;
    private final AttentionShape shape;
    private final int tokens;
    private final int[] words;
    private final long slots;
    private final long pages;
    private final long rows;
    private final AttentionDecodeKernel.@Nullable Lists one;
    private final AttentionPagedKernel.@Nullable Lists many;

    private Plan(
        DType type,
        AttentionShape shape,
        int tokens,
        Words words,
        long slots,
        long pages,
        long rows,
        AttentionDecodeKernel.@Nullable Lists one,
        AttentionPagedKernel.@Nullable Lists many) {
      this.type = type;
      this.shape = shape;
      this.tokens = tokens;
      this.words = words.toArray();
      this.slots = slots;
      this.pages = pages;
      this.rows = rows;
      this.one = one;
      this.many = many;
    }

    /// What to upload.
    public int[] words() {
      return words.clone();
    }

    /// Bytes of [#words].
    public long bytes() {
      return 4L * words.length;
    }

    /// Device memory for intermediate results, overwritten by each [PagedAttention#attend].
    public long scratchBytes() {
      return one == null ? 0 : one.scratchBytes(shape);
    }
  }

  public Plan plan(DType type, AttentionShape shape, KvBatch batch) {
    if (type != DType.F32 && type != DType.BF16) {
      throw new IllegalArgumentException(
          "attention over pages: takes F32 and BF16, found " + type + "; cast it");
    }
    Words words = new Words();
    int[] firstPage = firstPages(batch);
    long slots = words.add(slots(batch));
    long pages = words.add(Arrays.stream(batch.pages()).flatMapToInt(Arrays::stream).toArray());
    int d = shape.headSize();
    boolean tensorCores = type == DType.BF16 && (d == 64 || d == 128);
    List<DecodePlan.Sequence> one = new ArrayList<>();
    List<AttentionPagedKernel.Sequence> many = new ArrayList<>();
    if (tensorCores) {
      for (int s = 0; s < batch.tokens().sequences(); s++) {
        int row = batch.tokens().offset(s);
        int tokens = batch.tokens().length(s);
        int start = batch.start()[s];
        if (tokens == 1 && AttentionDecodeKernel.takes(shape)) {
          one.add(new DecodePlan.Sequence(row, start + 1, batch.pages()[s]));
        } else if (tokens > 0) {
          many.add(new AttentionPagedKernel.Sequence(row, tokens, start, firstPage[s]));
        }
      }
    }
    return new Plan(
        type,
        shape,
        batch.tokens().tokens(),
        words,
        slots,
        pages,
        tensorCores ? 0 : words.add(rows(batch, firstPage)),
        one.isEmpty() ? null : decode.plan(shape, one, words),
        many.isEmpty() ? null : paged.plan(many, words));
  }

  private static int[] firstPages(KvBatch batch) {
    int[] first = new int[batch.pages().length];
    for (int s = 1; s < first.length; s++) {
      first[s] = first[s - 1] + batch.pages()[s - 1].length;
    }
    return first;
  }

  /// 64 * page + place of each new token.
  private static int[] slots(KvBatch batch) {
    int[] positions = batch.positions();
    int[] slots = new int[positions.length];
    for (int s = 0; s < batch.tokens().sequences(); s++) {
      for (int t = batch.tokens().offset(s); t < batch.tokens().offset(s + 1); t++) {
        int page = batch.pages()[s][positions[t] / KvPool.PAGE];
        slots[t] = page * KvPool.PAGE + positions[t] % KvPool.PAGE;
      }
    }
    return slots;
  }

  /// For the plain kernel: row, position, first page, 0 of each new token.
  private static int[] rows(KvBatch batch, int[] firstPage) {
    int[] positions = batch.positions();
    int[] rows = new int[4 * positions.length];
    for (int s = 0; s < batch.tokens().sequences(); s++) {
      for (int t = batch.tokens().offset(s); t < batch.tokens().offset(s + 1); t++) {
        rows[4 * t] = t;
        rows[4 * t + 1] = positions[t];
        rows[4 * t + 2] = firstPage[s];
      }
    }
    return rows;
  }

  /// Bytes that attention has to read: keys and values, a page that sequences share once.
  public static double bytes(DType type, AttentionShape shape, KvBatch batch) {
    double positions = 0;
    Set<Integer> seen = new HashSet<>();
    for (int s = 0; s < batch.pages().length; s++) {
      int length = batch.start()[s] + batch.tokens().length(s);
      for (int p = 0; p * KvPool.PAGE < length; p++) {
        if (seen.add(batch.pages()[s][p])) {
          positions += Math.min(KvPool.PAGE, length - p * KvPool.PAGE);
        }
      }
    }
    return 2 * positions * shape.kvHeads() * shape.headSize() * type.bytes();
  }

  /// Multiply-adds count two: two products by D for each new token and position up to it, and head.
  public static double flops(AttentionShape shape, KvBatch batch) {
    double pairs = 0;
    for (int position : batch.positions()) {
      pairs += position + 1;
    }
    return 4 * pairs * shape.heads() * shape.headSize();
  }

  /// Stores k and v [T, KV, D] of the new tokens.
  ///
  /// @param words address of [Plan#words] on the device, aligned to 16 bytes
  public void write(Plan plan, KvLayer layer, long k, long v, long words) {
    write.run(plan.type, plan.shape, layer, k, v, words + plan.slots, plan.tokens);
  }

  /// Overwrites y [T, H, D] with the attention of q [T, H, D] over the pages.
  ///
  /// @param scratch address of [Plan#scratchBytes], aligned to 16 bytes
  public void attend(Plan plan, KvLayer layer, long q, long y, long words, long scratch) {
    long pages = words + plan.pages;
    if (plan.one != null) {
      decode.run(plan.one, plan.shape, layer, q, y, words, scratch);
    }
    if (plan.many != null) {
      paged.run(plan.many, plan.shape, layer, q, y, words, pages);
    }
    if (plan.one == null && plan.many == null && plan.tokens > 0) {
      plain(plan, layer, q, y, words + plan.rows, pages);
    }
  }

  private void plain(Plan plan, KvLayer layer, long q, long y, long rows, long pages) {
    AttentionShape shape = plan.shape;
    int d = shape.headSize();
    modules
        .kernel(
            "attention_plain", "attention_plain_pages_" + plan.type.name().toLowerCase(Locale.ROOT))
        .grid(plan.tokens, shape.heads(), Grid.blocks(d, 128))
        .block(32)
        .shared(d * Float.BYTES)
        .arg(y)
        .arg(q)
        .arg(layer.address())
        .arg(layer.pageStride())
        .arg(layer.valueOffset())
        .arg(rows)
        .arg(pages)
        .arg(d)
        .arg(shape.kvHeads())
        .arg(shape.scale())
        .launch(stream);
  }
}
