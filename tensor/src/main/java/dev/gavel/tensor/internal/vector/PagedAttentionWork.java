package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.spi.KvPool.PAGE;

import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.spi.KvBatch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Attention over a cache in parts. A part is some query rows and one key/value head. Sequences
/// with one new token each that share their first pages (samples of a prompt) go over these
/// together, so that they are read once; then each goes over its own. A row's bits do not depend on
/// this grouping (see [AttentionTile]).
final class PagedAttentionWork {
  /// Most query rows of a part.
  private static final int ROWS = 128;

  private final WorkerPool pool;
  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

  private static final class Scratch {
    private AttentionTile tile = new AttentionTile(0, 1);
    private PagePacker packer = new PagePacker(1);

    AttentionTile tile(int rows, int d) {
      if (!tile.fits(rows, d)) {
        tile = new AttentionTile(rows, d);
      }
      return tile;
    }

    PagePacker packer(int d) {
      if (!packer.fits(d)) {
        packer = new PagePacker(d);
      }
      return packer;
    }
  }

  PagedAttentionWork(WorkerPool pool) {
    this.pool = pool;
  }

  // ---------------------------------------------------------------- writing

  void write(VectorKvPool kv, int layer, KvBatch batch, Tensor k, Tensor v) {
    int sequences = batch.tokens().sequences();
    pool.run(
        sequences * kv.kvHeads,
        part -> write(kv, layer, batch, part / kv.kvHeads, part % kv.kvHeads, k, v));
  }

  private void write(
      VectorKvPool kv, int layer, KvBatch batch, int s, int head, Tensor k, Tensor v) {
    long stride = 4L * kv.kvHeads * kv.d;
    int end = batch.start()[s] + batch.tokens().length(s);
    for (int position = batch.start()[s]; position < end; ) {
      int slot = position % PAGE;
      int count = Math.min(PAGE - slot, end - position);
      long at = kv.at(batch.pages()[s][position / PAGE], layer, head);
      if (slot == 0) {
        // What an earlier owner left may be no number, which would outlive a probability of 0.
        kv.data.asSlice(at, kv.headBytes()).fill((byte) 0);
      }
      long from =
          (batch.tokens().offset(s) + position - batch.start()[s]) * stride + 4L * head * kv.d;
      scratch
          .get()
          .packer(kv.d)
          .put(
              HostBuffer.of(k),
              HostBuffer.of(v),
              from,
              stride,
              count,
              kv.data,
              at,
              at + kv.headBytes() / 2,
              slot);
      position += count;
    }
  }

  // ---------------------------------------------------------------- reading

  /// Query tokens that are worked on together.
  ///
  /// @param sequence the first sequence
  /// @param sequences how many, with one new token each; or 1
  /// @param from first new token (among those of the sequence), if it is one sequence
  /// @param tokens new tokens, if it is one sequence
  /// @param shared pages that all have in common
  private record Block(int sequence, int sequences, int from, int tokens, int shared) {}

  void attention(Tensor q, VectorKvPool kv, int layer, KvBatch batch, Tensor y) {
    int group = (int) q.shape().dim(1) / kv.kvHeads;
    List<Block> blocks = blocks(batch, Math.max(1, ROWS / group));
    pool.run(
        blocks.size() * kv.kvHeads,
        part -> {
          Block block = blocks.get(blocks.size() - 1 - part / kv.kvHeads);
          new Part(q, kv, layer, batch, y, part % kv.kvHeads, group, scratch.get()).run(block);
        });
  }

  private static List<Block> blocks(KvBatch batch, int most) {
    List<Block> blocks = new ArrayList<>();
    int sequences = batch.tokens().sequences();
    for (int s = 0; s < sequences; ) {
      int length = batch.tokens().length(s);
      if (length != 1) {
        for (int from = 0; from < length; from += most) {
          blocks.add(new Block(s, 1, from, Math.min(most, length - from), 0));
        }
        s++;
        continue;
      }
      int shared = batch.start()[s] / PAGE;
      int n = 1;
      while (n < most && s + n < sequences && batch.tokens().length(s + n) == 1) {
        int common = common(batch, s, s + n, shared);
        if (common == 0) {
          break;
        }
        shared = common;
        n++;
      }
      blocks.add(new Block(s, n, 0, 1, n == 1 ? 0 : shared));
      s += n;
    }
    return blocks;
  }

  /// Full pages that two sequences have in common, at most `most`.
  private static int common(KvBatch batch, int a, int b, int most) {
    int limit = Math.min(most, batch.start()[b] / PAGE);
    int n = 0;
    while (n < limit && batch.pages()[a][n] == batch.pages()[b][n]) {
      n++;
    }
    return n;
  }

  /// One block and one key/value head.
  private record Part(
      Tensor q,
      VectorKvPool kv,
      int layer,
      KvBatch batch,
      Tensor y,
      int head,
      int group,
      Scratch scratch) {
    void run(Block b) {
      int tokens = b.sequences > 1 ? b.sequences : b.tokens;
      int rows = tokens * group;
      MemorySegment queries = HostBuffer.of(q);
      MemorySegment out = HostBuffer.of(y);
      AttentionTile tile = scratch.tile(Math.max(ROWS, group), kv.d);
      for (int r = 0; r < rows; r++) {
        tile.load(r, queries, offset(b, r), position(b, r));
      }
      pages(tile, b.sequence, 0, b.shared, 0, rows);
      for (int i = 0; i < b.sequences; i++) {
        int first = b.sequences > 1 ? i * group : 0;
        int end = b.sequences > 1 ? first + group : rows;
        pages(tile, b.sequence + i, b.shared, position(b, end - 1) / PAGE + 1, first, end);
      }
      for (int r = 0; r < rows; r++) {
        tile.finish(r, out, offset(b, r));
      }
    }

    private void pages(AttentionTile tile, int sequence, int from, int to, int r0, int r1) {
      for (int p = from; p < to; p++) {
        long at = kv.at(batch.pages()[sequence][p], layer, head);
        tile.page(kv.data, at, kv.data, at + kv.headBytes() / 2, p * PAGE, r0, r1);
      }
    }

    private int position(Block b, int row) {
      int i = row / group;
      return b.sequences > 1
          ? batch.start()[b.sequence + i]
          : batch.start()[b.sequence] + b.from + i;
    }

    private long offset(Block b, int row) {
      int i = row / group;
      long token =
          b.sequences > 1
              ? batch.tokens().offset(b.sequence + i)
              : batch.tokens().offset(b.sequence) + b.from + i;
      return 4L * kv.d * (token * group * kv.kvHeads + head * group + row % group);
    }
  }
}
