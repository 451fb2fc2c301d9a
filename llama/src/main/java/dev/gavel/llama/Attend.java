package dev.gavel.llama;

import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;

/// Where a layer's queries find their keys: in the batch itself (training, scoring), or in the
/// pages of a cache (prefill, decode).
sealed interface Attend {
  /// @param q [T, H, D], rotated
  /// @param k [T, KV, D], rotated
  /// @param v [T, KV, D]
  /// @return [T, H, D]
  Tensor apply(int layer, Tensor q, Tensor k, Tensor v);

  /// The position of each token in its own sequence.
  int[] positions();

  /// Whole sequences.
  record Batch(Ragged tokens) implements Attend {
    @Override
    public Tensor apply(int layer, Tensor q, Tensor k, Tensor v) {
      return Ops.attention(q, k, v, tokens);
    }

    @Override
    public int[] positions() {
      return tokens.positions();
    }
  }

  /// New tokens on top of a cache.
  record Cached(KvPool pool, KvBatch batch) implements Attend {
    @Override
    public Tensor apply(int layer, Tensor q, Tensor k, Tensor v) {
      Device device = q.device();
      device.backend().writeKv(pool, layer, batch, k, v);
      Tensor y = device.empty(q.dtype(), q.shape());
      device.backend().pagedAttention(q, pool, layer, batch, y);
      return y;
    }

    @Override
    public int[] positions() {
      return batch.positions();
    }
  }
}
