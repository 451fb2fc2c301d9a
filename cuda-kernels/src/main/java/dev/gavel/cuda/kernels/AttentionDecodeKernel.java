package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import java.util.ArrayList;
import java.util.List;

/// Attention of one new token of each sequence over its pages: `attention_decode.cu`, bf16, heads
/// of 64 and 128. [PagedAttention] chooses it.
final class AttentionDecodeKernel {
  private static final int PAGE = 64;

  /// Bytes of the kernel's `Exchange`.
  private static final int EXCHANGE = 4 * 16 * 4 + 4 * 32 * 16;

  /// Below so many blocks for each multiprocessor, shorter parts are faster.
  private static final int BLOCKS = 3;

  /// Warps at a time on a multiprocessor.
  private static final int WARPS = 64;

  private final Stream stream;
  private final Modules modules;
  private final int blocks;
  private final int warps;

  AttentionDecodeKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
    blocks = BLOCKS * context.multiprocessors();
    warps = WARPS * context.multiprocessors();
  }

  static boolean takes(AttentionShape shape) {
    return shape.group() <= DecodePlan.WIDE_ROWS;
  }

  /// Where the lists lie among the words of a batch, in bytes.
  record Lists(
      int sequences,
      int slots,
      int parts,
      boolean wide,
      long partsAt,
      long members,
      long starts,
      long groups,
      long rows) {
    /// Device memory for results of parts.
    long scratchBytes(AttentionShape shape) {
      return (long) slots * shape.heads() * (shape.headSize() + 2) * Float.BYTES;
    }
  }

  Lists plan(AttentionShape shape, List<DecodePlan.Sequence> sequences, Words words) {
    DecodePlan plan = DecodePlan.of(sequences, shape.group(), shape.kvHeads(), blocks);
    int[] starts = new int[sequences.size() + 1];
    List<int[]> groups = new ArrayList<>();
    for (int s = 0; s < sequences.size(); s++) {
      groups.addAll(plan.groups(sequences.get(s)));
      starts[s + 1] = groups.size();
    }
    return new Lists(
        sequences.size(),
        plan.slots(),
        plan.narrowParts() + plan.wideParts(),
        plan.wideParts() > 0,
        words.add(plan.partWords()),
        words.add(plan.memberWords()),
        words.add(starts),
        words.add(DecodePlan.flat(groups)),
        words.add(sequences.stream().mapToInt(DecodePlan.Sequence::row).toArray()));
  }

  /// @param scratch address of [Lists#scratchBytes], aligned to 16 bytes
  void run(Lists l, AttentionShape shape, KvLayer kv, long q, long y, long words, long scratch) {
    int d = shape.headSize();
    long levels = scratch + (long) l.slots * shape.heads() * d * Float.BYTES;
    int stages = l.wide || d == 64 ? 2 : 1;
    int queries = l.wide ? DecodePlan.WIDE_ROWS * d * 2 : DecodePlan.NARROW_ROWS * d * 2 + EXCHANGE;
    kernel(l.wide ? "both" : "narrow", d)
        .grid(l.parts, shape.kvHeads())
        .block(128)
        .shared(2 * stages * PAGE * d * 2 + queries)
        .arg(scratch)
        .arg(levels)
        .arg(q)
        .arg(kv.address())
        .arg(kv.pageStride())
        .arg(kv.valueOffset())
        .arg(words + l.partsAt)
        .arg(words + l.members)
        .arg(shape.heads())
        .arg(shape.scale())
        .launch(stream);
    kernel("merge", d)
        .grid(l.sequences, shape.heads())
        .block(32 * mergeWarps((long) l.sequences * shape.heads()))
        .arg(y)
        .arg(scratch)
        .arg(levels)
        .arg(words + l.starts)
        .arg(words + l.groups)
        .arg(words + l.rows)
        .launch(stream);
  }

  /// All blocks at once if they can be: with many rows a warp folds several strands of groups.
  private int mergeWarps(long rows) {
    int each = 8;
    while (each > 1 && rows * each > warps) {
      each /= 2;
    }
    return each;
  }

  private Kernel kernel(String what, int headSize) {
    return modules.kernel("attention_decode", "attention_decode_" + what + "_" + headSize);
  }
}
