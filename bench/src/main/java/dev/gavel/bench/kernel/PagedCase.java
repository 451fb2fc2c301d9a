package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.AttentionShape;
import dev.gavel.cuda.kernels.KvLayer;
import dev.gavel.cuda.kernels.PagedAttention;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
import java.util.Arrays;

/// What benches of attention over pages share: a layer's cache in which sequences share a prefix.
///
/// @param sequences how many
/// @param prefix tokens that all share, whole pages
/// @param own tokens of each after the prefix, whole pages, the new ones included
/// @param fresh new tokens of each
record PagedCase(int sequences, int prefix, int own, int fresh) {
  static final AttentionShape SHAPE = new AttentionShape(32, 8, 128);
  static final AttentionShape SMALL = new AttentionShape(4, 2, 64);

  static AttentionShape shape(DeviceData data) {
    return data.size(1, 0) == 1 ? SHAPE : SMALL;
  }

  KvBatch batch() {
    int shared = prefix / KvPool.PAGE;
    int each = own / KvPool.PAGE;
    int[] lengths = new int[sequences];
    int[] start = new int[sequences];
    int[][] pages = new int[sequences][shared + each];
    Arrays.fill(lengths, fresh);
    Arrays.fill(start, prefix + own - fresh);
    for (int s = 0; s < sequences; s++) {
      for (int p = 0; p < shared + each; p++) {
        pages[s][p] = p < shared ? p : shared + s * each + p - shared;
      }
    }
    return new KvBatch(Ragged.ofLengths(lengths), start, pages);
  }

  private int pages() {
    return (prefix + sequences * own) / KvPool.PAGE;
  }

  /// Room for the pages, keys and values of each page side by side.
  KvLayer layer(AttentionShape shape, DeviceData data) {
    long half = (long) shape.kvHeads() * KvPool.PAGE * shape.headSize();
    return new KvLayer(data.noise(DType.BF16, 2 * half * pages()), 2 * half, half);
  }

  /// Keys and values, each once.
  double bytes(AttentionShape shape) {
    return 4.0 * (prefix + (double) sequences * own) * shape.kvHeads() * shape.headSize();
  }

  /// Two products of each new token with what precedes it.
  double flops(AttentionShape shape) {
    double keys = prefix + own - fresh / 2.0;
    return 4.0 * sequences * fresh * keys * shape.heads() * shape.headSize();
  }

  /// Attention of the new tokens.
  Runnable attend(AttentionShape shape, DeviceData data) {
    PagedAttention attention = new PagedAttention(data.context());
    PagedAttention.Plan plan = attention.plan(DType.BF16, shape, batch());
    KvLayer layer = layer(shape, data);
    long words = data.ints(plan.words());
    long scratch = data.room(Math.max(16, plan.scratchBytes()));
    long count = (long) sequences * fresh * shape.heads() * shape.headSize();
    long q = data.noise(DType.BF16, count);
    long y = data.room(2 * count);
    return () -> attention.attend(plan, layer, q, y, words, scratch);
  }
}
