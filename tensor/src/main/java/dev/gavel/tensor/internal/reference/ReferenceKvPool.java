package dev.gavel.tensor.internal.reference;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.internal.host.HostMemory;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;

/// Keys and values in double, one row of D for each page slot, layer, head and kind.
final class ReferenceKvPool implements KvPool {
  private final HostMemory memory;
  private final HostBuffer buffer;
  private final Doubles store;
  private final int layers;
  private final int kvHeads;
  private final int d;
  private final int pages;

  ReferenceKvPool(HostMemory memory, int layers, int kvHeads, int d, int pages) {
    this.memory = memory;
    this.layers = layers;
    this.kvHeads = kvHeads;
    this.d = d;
    this.pages = pages;
    buffer = memory.allocate(pages * pageSize() * Double.BYTES);
    store = new Doubles(buffer.segment(), DType.F64);
  }

  private long pageSize() {
    return 2L * layers * PAGE * kvHeads * d;
  }

  private long at(int kind, int layer, int page, int slot, int head) {
    return page * pageSize()
        + ((((long) kind * layers + layer) * PAGE + slot) * kvHeads + head) * d;
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public long bytes() {
    return buffer.bytes();
  }

  @Override
  public void copyPage(int from, int to) {
    long bytes = pageSize() * Double.BYTES;
    buffer
        .segment()
        .asSlice(to * bytes, bytes)
        .copyFrom(buffer.segment().asSlice(from * bytes, bytes));
  }

  void write(int layer, KvBatch batch, Tensor k, Tensor v) {
    write(0, layer, batch, new Doubles(k));
    write(1, layer, batch, new Doubles(v));
  }

  private void write(int kind, int layer, KvBatch batch, Doubles in) {
    for (int s = 0; s < batch.tokens().sequences(); s++) {
      for (int i = 0; i < batch.tokens().length(s); i++) {
        int position = batch.start()[s] + i;
        int page = batch.pages()[s][position / PAGE];
        long row = (long) (batch.tokens().offset(s) + i) * kvHeads;
        for (int h = 0; h < kvHeads; h++) {
          long to = at(kind, layer, page, position % PAGE, h);
          for (int j = 0; j < d; j++) {
            store.set(to + j, in.get((row + h) * d + j));
          }
        }
      }
    }
  }

  void attention(Tensor q, int layer, KvBatch batch, Tensor y) {
    Doubles in = new Doubles(q);
    Doubles out = new Doubles(y);
    int heads = (int) q.shape().dim(1);
    for (int s = 0; s < batch.tokens().sequences(); s++) {
      for (int i = 0; i < batch.tokens().length(s); i++) {
        for (int h = 0; h < heads; h++) {
          long row = ((long) (batch.tokens().offset(s) + i) * heads + h) * d;
          int head = h / (heads / kvHeads);
          row(layer, batch.pages()[s], batch.start()[s] + i, head, in, out, row);
        }
      }
    }
  }

  private void row(int layer, int[] table, int last, int head, Doubles in, Doubles out, long row) {
    double[] scores = new double[last + 1];
    double max = Double.NEGATIVE_INFINITY;
    for (int p = 0; p <= last; p++) {
      long key = at(0, layer, table[p / PAGE], p % PAGE, head);
      for (int j = 0; j < d; j++) {
        scores[p] += in.get(row + j) * store.get(key + j);
      }
      scores[p] /= Math.sqrt(d);
      max = Math.max(max, scores[p]);
    }
    double sum = 0;
    for (int p = 0; p <= last; p++) {
      scores[p] = StrictMath.exp(scores[p] - max);
      sum += scores[p];
    }
    for (int j = 0; j < d; j++) {
      double o = 0;
      for (int p = 0; p <= last; p++) {
        o += scores[p] * store.get(at(1, layer, table[p / PAGE], p % PAGE, head) + j);
      }
      out.set(row + j, o / sum);
    }
  }

  @Override
  public void close() {
    memory.free(buffer);
  }
}
