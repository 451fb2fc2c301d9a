package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import java.lang.foreign.MemorySegment;

/// Memory and sizes of an attention: q and y [T, H, D], k and v [T, KV, D], lse [T, H], all f32.
record AttentionTensors(
    MemorySegment q,
    MemorySegment k,
    MemorySegment v,
    MemorySegment y,
    MemorySegment lse,
    int heads,
    int kvHeads,
    int d) {

  /// What the backward pass reads and writes besides, in the shapes of y, q, k and v.
  record Gradients(MemorySegment y, MemorySegment q, MemorySegment k, MemorySegment v) {
    static Gradients of(Tensor gy, Tensor gq, Tensor gk, Tensor gv) {
      return new Gradients(
          HostBuffer.of(gy), HostBuffer.of(gq), HostBuffer.of(gk), HostBuffer.of(gv));
    }
  }

  static AttentionTensors of(Tensor q, Tensor k, Tensor v, Tensor y, Tensor lse) {
    return new AttentionTensors(
        HostBuffer.of(q),
        HostBuffer.of(k),
        HostBuffer.of(v),
        HostBuffer.of(y),
        HostBuffer.of(lse),
        (int) q.shape().dim(1),
        (int) k.shape().dim(1),
        (int) q.shape().dim(2));
  }

  /// Query heads of a key/value head.
  int group() {
    return heads / kvHeads;
  }

  /// Byte, in q and y, of the first query head of key/value head `kv` of a token.
  long query(int token, int kv) {
    return 4L * d * ((long) token * heads + kv * group());
  }

  /// Byte of that head in lse.
  long norm(int token, int kv) {
    return 4L * ((long) token * heads + kv * group());
  }

  /// Byte of key/value head `kv` of a token in k and v.
  long key(int token, int kv) {
    return 4L * d * ((long) token * kvHeads + kv);
  }

  /// Bytes from a token to the next in k and v.
  long keyStride() {
    return 4L * d * kvHeads;
  }
}
