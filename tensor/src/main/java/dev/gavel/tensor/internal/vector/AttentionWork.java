package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;

import dev.gavel.tensor.Ragged;
import java.util.Arrays;

/// Attention over whole sequences in parts: keys and values are packed into panels, page by page,
/// then tiles of query rows go over them; the backward pass has a part for each sequence and
/// key/value head.
final class AttentionWork {
  /// Query rows of a tile.
  private static final int TILE = 192;

  private final WorkerPool pool;
  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

  // keys and values of a forward pass in panels, page by page and head by head
  private float[] packedKeys = new float[0];
  private float[] packedValues = new float[0];

  /// What a thread keeps from part to part.
  private static final class Scratch {
    private AttentionTile tile = new AttentionTile(0, 1);
    private AttentionBackward backward = new AttentionBackward(1, 1);

    AttentionTile tile(int rows, int d) {
      if (!tile.fits(rows, d)) {
        tile = new AttentionTile(rows, d);
      }
      return tile;
    }

    AttentionBackward backward(int group, int d) {
      if (!backward.fits(group, d)) {
        backward = new AttentionBackward(group, d);
      }
      return backward;
    }
  }

  AttentionWork(WorkerPool pool) {
    this.pool = pool;
  }

  void forward(AttentionTensors t, Ragged batch) {
    Cuts pages = Cuts.of(batch, KEYS);
    Cuts tiles = Cuts.of(batch, Math.max(1, TILE / t.group()));
    int kvHeads = t.kvHeads();
    reserve((long) pages.count() * kvHeads, t.d());
    pool.run(pages.count() * kvHeads, part -> pack(t, pages, part / kvHeads, part % kvHeads));
    pool.run(
        tiles.count() * kvHeads,
        part -> {
          int cut = tiles.count() - 1 - part / kvHeads; // a sequence's long tiles first
          tile(t, pages, tiles, cut, part % kvHeads);
        });
  }

  private void reserve(long pages, int d) {
    long keys = pages * d * KEYS;
    long values = pages * AttentionProducts.padded(d) * KEYS;
    if (packedKeys.length < keys) {
      packedKeys = new float[Math.toIntExact(keys)];
    }
    if (packedValues.length < values) {
      packedValues = new float[Math.toIntExact(values)];
    }
  }

  private void pack(AttentionTensors t, Cuts pages, int page, int kv) {
    int first = pages.first(page);
    int count = pages.end(page) - first;
    int index = page * t.kvHeads() + kv;
    int d = t.d();
    long from = t.key(first, kv);
    int keys = index * d * KEYS;
    int values = index * AttentionProducts.padded(d) * KEYS;
    AttentionProducts.packTransposed(t.k(), from, t.keyStride(), count, d, packedKeys, keys);
    AttentionProducts.packPage(t.v(), from, t.keyStride(), count, d, packedValues, values);
  }

  private void tile(AttentionTensors t, Cuts pages, Cuts tiles, int cut, int kv) {
    int sequence = tiles.sequence(cut);
    int begin = tiles.begin(sequence);
    int first = tiles.first(cut);
    int end = tiles.end(cut);
    int d = t.d();
    AttentionTile tile = scratch.get().tile(Math.max(TILE, t.group()), d);
    for (int token = first, r = 0; token < end; token++) {
      long query = t.query(token, kv);
      for (int g = 0; g < t.group(); g++, r++) {
        tile.load(r, t.q(), query + 4L * g * d, token - begin);
      }
    }
    for (int p = 0; p <= (end - 1 - begin) / KEYS; p++) {
      int index = (pages.of(sequence) + p) * t.kvHeads() + kv;
      int keys = index * d * KEYS;
      int values = index * AttentionProducts.padded(d) * KEYS;
      tile.panels(packedKeys, keys, packedValues, values, p * KEYS, 0, (end - first) * t.group());
    }
    for (int token = first, r = 0; token < end; token++) {
      long query = t.query(token, kv);
      long norm = t.norm(token, kv);
      for (int g = 0; g < t.group(); g++, r++) {
        float lse = tile.finish(r, t.y(), query + 4L * g * t.d());
        t.lse().set(Lanes.F32, norm + 4L * g, lse);
      }
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
