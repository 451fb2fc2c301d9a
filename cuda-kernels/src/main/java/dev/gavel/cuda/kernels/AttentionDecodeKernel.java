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

  /// Below so many blocks for each multiprocessor, shorter parts are faster.
  private static final int BLOCKS = 3;

  private final Stream stream;
  private final Modules modules;
  private final int blocks;

  AttentionDecodeKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
    blocks = BLOCKS * context.multiprocessors();
  }

  static boolean takes(AttentionShape shape) {
    return shape.group() <= DecodePlan.WIDE_ROWS;
  }

  /// Where the lists lie among the words of a batch, in bytes.
  record Lists(
      int sequences,
      int slots,
      int narrowParts,
      int wideParts,
      long narrow,
      long wide,
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
        plan.narrowParts(),
        plan.wideParts(),
        words.add(plan.narrowWords()),
        words.add(plan.wideWords()),
        words.add(plan.memberWords()),
        words.add(starts),
        words.add(DecodePlan.flat(groups)),
        words.add(sequences.stream().mapToInt(DecodePlan.Sequence::row).toArray()));
  }

  /// @param scratch address of [Lists#scratchBytes], aligned to 16 bytes
  void run(Lists l, AttentionShape shape, KvLayer kv, long q, long y, long words, long scratch) {
    int d = shape.headSize();
    long levels = scratch + (long) l.slots * shape.heads() * d * Float.BYTES;
    Call call = new Call(shape, kv, q, scratch, levels, words + l.members);
    parts(call, DecodePlan.NARROW_ROWS, d == 64 ? 2 : 1, l.narrowParts, words + l.narrow);
    parts(call, DecodePlan.WIDE_ROWS, 2, l.wideParts, words + l.wide);
    kernel("merge", d)
        .grid(l.sequences, shape.heads())
        .block(256)
        .arg(y)
        .arg(scratch)
        .arg(levels)
        .arg(words + l.starts)
        .arg(words + l.groups)
        .arg(words + l.rows)
        .launch(stream);
  }

  private record Call(
      AttentionShape shape, KvLayer kv, long q, long results, long levels, long members) {}

  /// @param stages pages of keys and values on their way or in use
  private void parts(Call c, int rows, int stages, int count, long parts) {
    int d = c.shape.headSize();
    kernel("" + rows, d)
        .grid(count, c.shape.kvHeads())
        .block(2 * rows)
        .shared((rows + 2 * stages * PAGE) * d * 2)
        .arg(c.results)
        .arg(c.levels)
        .arg(c.q)
        .arg(c.kv.address())
        .arg(c.kv.pageStride())
        .arg(c.kv.valueOffset())
        .arg(parts)
        .arg(c.members)
        .arg(c.shape.heads())
        .arg(c.shape.scale())
        .launch(stream);
  }

  private Kernel kernel(String what, int headSize) {
    return modules.kernel("attention_decode", "attention_decode_" + what + "_" + headSize);
  }
}
