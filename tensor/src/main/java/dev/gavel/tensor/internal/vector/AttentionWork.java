package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;

import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.internal.host.HostMemory;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

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

  void forward(AttentionTensors t, Ragged batch) {
    Cuts pages = Cuts.of(batch, KEYS);
    Cuts tiles = Cuts.of(batch, Math.max(1, TILE / t.group()));
    int kvHeads = t.kvHeads();
    HostBuffer buffer = memory.allocate(pages.count() * kvHeads * pageBytes(t));
    MemorySegment packed = buffer.segment();
    pool.run(
        pages.count() * kvHeads, part -> pack(t, pages, part / kvHeads, part % kvHeads, packed));
    pool.run(
        tiles.count() * kvHeads,
        part -> {
          int cut = tiles.count() - 1 - part / kvHeads; // a sequence's long tiles first
          tile(t, packed, pages, tiles, cut, part % kvHeads);
        });
    memory.free(buffer);
  }

  private static long pageBytes(AttentionTensors t) {
    return 8L * KEYS * t.d();
  }

  private void pack(AttentionTensors t, Cuts pages, int page, int kv, MemorySegment packed) {
    int first = pages.first(page);
    int count = pages.end(page) - first;
    long keys = ((long) page * t.kvHeads() + kv) * pageBytes(t);
    long values = keys + pageBytes(t) / 2;
    PagePacker packer = scratch.get().packer(t.d());
    packer.put(t.k(), t.v(), t.key(first, kv), t.keyStride(), count, packed, keys, values, 0);
  }

  private void tile(
      AttentionTensors t, MemorySegment packed, Cuts pages, Cuts tiles, int cut, int kv) {
    int sequence = tiles.sequence(cut);
    int begin = tiles.begin(sequence);
    int first = tiles.first(cut);
    int rows = (tiles.end(cut) - first) * t.group();
    AttentionTile tile = scratch.get().tile(Math.max(TILE, t.group()), t.d());
    for (int r = 0; r < rows; r++) {
      tile.load(r, t.q(), t.query(first, r, kv), first + r / t.group() - begin);
    }
    for (int p = 0; p <= (tiles.end(cut) - 1 - begin) / KEYS; p++) {
      long keys = ((long) (pages.of(sequence) + p) * t.kvHeads() + kv) * pageBytes(t);
      tile.page(packed, keys, packed, keys + pageBytes(t) / 2, p * KEYS, 0, rows);
    }
    for (int r = 0; r < rows; r++) {
      float lse = tile.finish(r, t.y(), t.query(first, r, kv));
      t.lse().set(Lanes.F32, 4 * t.head(first, r, kv), lse);
    }
  }

  void backward(AttentionTensors t, AttentionTensors.Gradients g, Ragged batch) {
    int kvHeads = t.kvHeads();
    pool.run(
        batch.sequences() * kvHeads,
        part -> {
          int s = part / kvHeads;
          AttentionBackward backward = scratch.get().backward(t.group(), t.d());
          backward.run(t, g, batch.offset(s), batch.offset(s + 1), part % kvHeads);
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
      int s = Arrays.binarySearch(firstCut, cut);
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
