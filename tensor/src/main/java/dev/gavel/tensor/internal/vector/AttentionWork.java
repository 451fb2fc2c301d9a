package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;

import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.internal.host.HostMemory;
import java.lang.foreign.MemorySegment;

/// Attention over whole sequences in parts: keys and values are packed into pages, then tiles of
/// query rows go over them; the backward pass has a part for each sequence and key/value head.
final class AttentionWork {
  /// Query rows of a tile.
  private static final int TILE = 96;

  private final WorkerPool pool;
  private final HostMemory memory;
  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

  /// What a thread keeps from part to part.
  private static final class Scratch {
    private AttentionTile tile = new AttentionTile(0, 1);
    private PagePacker packer = new PagePacker(1);
    private AttentionBackward backward = new AttentionBackward(1, 1);

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

    AttentionBackward backward(int group, int d) {
      if (!backward.fits(group, d)) {
        backward = new AttentionBackward(group, d);
      }
      return backward;
    }
  }

  AttentionWork(WorkerPool pool, HostMemory memory) {
    this.pool = pool;
    this.memory = memory;
  }

  void forward(Tensor q, Tensor k, Tensor v, Ragged batch, Tensor y, Tensor lse) {
    int heads = (int) q.shape().dim(1);
    int kvHeads = (int) k.shape().dim(1);
    int d = (int) q.shape().dim(2);
    Cuts pages = Cuts.of(batch, KEYS);
    Cuts tiles = Cuts.of(batch, Math.max(1, TILE / (heads / kvHeads)));
    HostBuffer buffer = memory.allocate(pages.count() * (long) kvHeads * pageBytes(d));
    MemorySegment packed = buffer.segment();
    pool.run(
        pages.count() * kvHeads, part -> pack(k, v, pages, part / kvHeads, part % kvHeads, packed));
    pool.run(
        tiles.count() * kvHeads,
        part -> {
          int cut = tiles.count() - 1 - part / kvHeads; // a sequence's long tiles first
          tile(q, packed, pages, tiles, cut, part % kvHeads, kvHeads, y, lse);
        });
    memory.free(buffer);
  }

  private static long pageBytes(int d) {
    return 8L * KEYS * d;
  }

  private void pack(Tensor k, Tensor v, Cuts pages, int page, int kv, MemorySegment packed) {
    int kvHeads = (int) k.shape().dim(1);
    int d = (int) k.shape().dim(2);
    long to = ((long) page * kvHeads + kv) * pageBytes(d);
    long stride = 4L * kvHeads * d;
    long from = pages.first(page) * stride + 4L * kv * d;
    int count = pages.end(page) - pages.first(page);
    scratch
        .get()
        .packer(d)
        .put(
            HostBuffer.of(k),
            HostBuffer.of(v),
            from,
            stride,
            count,
            packed,
            to,
            to + pageBytes(d) / 2,
            0);
  }

  private void tile(
      Tensor q,
      MemorySegment packed,
      Cuts pages,
      Cuts tiles,
      int cut,
      int kv,
      int kvHeads,
      Tensor y,
      Tensor lse) {
    int heads = (int) q.shape().dim(1);
    int d = (int) q.shape().dim(2);
    int group = heads / kvHeads;
    int sequence = tiles.sequence(cut);
    int rows = (tiles.end(cut) - tiles.first(cut)) * group;
    MemorySegment queries = HostBuffer.of(q);
    MemorySegment out = HostBuffer.of(y);
    MemorySegment norms = HostBuffer.of(lse);
    int begin = tiles.begin(sequence);
    int first = tiles.first(cut);
    AttentionTile tile = scratch.get().tile(Math.max(TILE, group), d);
    for (int r = 0; r < rows; r++) {
      tile.load(r, queries, 4 * d * head(first, r, group, kv, heads), first + r / group - begin);
    }
    for (int p = 0; p <= (tiles.end(cut) - 1 - begin) / KEYS; p++) {
      long at = ((long) (pages.of(sequence) + p) * kvHeads + kv) * pageBytes(d);
      tile.page(packed, at, packed, at + pageBytes(d) / 2, p * KEYS, 0, rows);
    }
    for (int r = 0; r < rows; r++) {
      long head = head(first, r, group, kv, heads);
      norms.set(Lanes.F32, 4 * head, tile.finish(r, out, 4 * d * head));
    }
  }

  /// Number, among all heads of all tokens, of row `r` of a tile.
  private static long head(int first, int r, int group, int kv, int heads) {
    return (long) (first + r / group) * heads + kv * group + r % group;
  }

  void backward(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor y,
      Tensor lse,
      Tensor gy,
      Ragged batch,
      Tensor gq,
      Tensor gk,
      Tensor gv) {
    int heads = (int) q.shape().dim(1);
    int kvHeads = (int) k.shape().dim(1);
    int d = (int) q.shape().dim(2);
    AttentionBackward.Tensors all =
        new AttentionBackward.Tensors(
            HostBuffer.of(q),
            HostBuffer.of(k),
            HostBuffer.of(v),
            HostBuffer.of(y),
            HostBuffer.of(lse),
            HostBuffer.of(gy),
            HostBuffer.of(gq),
            HostBuffer.of(gk),
            HostBuffer.of(gv),
            heads,
            kvHeads,
            d);
    pool.run(
        batch.sequences() * kvHeads,
        part -> {
          int s = part / kvHeads;
          scratch
              .get()
              .backward(heads / kvHeads, d)
              .run(all, batch.offset(s), batch.offset(s + 1), part % kvHeads);
        });
  }

  /// A batch cut into runs of at most some tokens, each sequence from its first token on.
  private record Cuts(Ragged batch, int size, int[] firstCut) {
    static Cuts of(Ragged batch, int size) {
      int[] firstCut = new int[batch.sequences() + 1];
      for (int s = 0; s < batch.sequences(); s++) {
        firstCut[s + 1] = firstCut[s] + (batch.length(s) + size - 1) / size;
      }
      return new Cuts(batch, size, firstCut);
    }

    int count() {
      return firstCut[firstCut.length - 1];
    }

    /// First cut of a sequence.
    int of(int sequence) {
      return firstCut[sequence];
    }

    int sequence(int cut) {
      int s = java.util.Arrays.binarySearch(firstCut, cut);
      if (s < 0) {
        return -s - 2;
      }
      while (firstCut[s + 1] == cut) { // sequences without tokens
        s++;
      }
      return s;
    }

    int begin(int sequence) {
      return batch.offset(sequence);
    }

    int first(int cut) {
      int s = sequence(cut);
      return batch.offset(s) + (cut - firstCut[s]) * size;
    }

    int end(int cut) {
      return Math.min(first(cut) + size, batch.offset(sequence(cut) + 1));
    }
  }
}
