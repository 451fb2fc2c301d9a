package dev.gavel.llama;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import java.util.List;

/// One transformer block: attention and a gated feed-forward, each on the norm of its input and
/// added to it.
record DecoderLayer(
    int index,
    Tensor inputNorm,
    Projection q,
    Projection k,
    Projection v,
    Projection o,
    Tensor postNorm,
    Projection gate,
    Projection up,
    Projection down)
    implements AutoCloseable {

  /// What a layer needs beside its weights.
  ///
  /// @param positions i32 [T]
  record Step(LlamaConfig config, Rotation.Table rotation, Tensor positions, Attend attend) {}

  /// @param x [T, C]
  /// @return [T, C]
  Tensor forward(Tensor x, Step s) {
    Tensor h = x.add(attention(Ops.rmsNorm(x, inputNorm, s.config.rmsNormEps()), s));
    return h.add(feedForward(Ops.rmsNorm(h, postNorm, s.config.rmsNormEps())));
  }

  private Tensor attention(Tensor x, Step s) {
    long t = x.shape().dim(0);
    int heads = s.config.numAttentionHeads();
    int kvHeads = s.config.numKeyValueHeads();
    int d = s.config.headDim();
    Tensor queries = rotate(q.apply(x).reshape(t, heads, d), s);
    Tensor keys = rotate(k.apply(x).reshape(t, kvHeads, d), s);
    Tensor values = v.apply(x).reshape(t, kvHeads, d);
    Tensor y = s.attend.apply(index, queries, keys, values);
    return o.apply(y.reshape(t, (long) heads * d));
  }

  private static Tensor rotate(Tensor x, Step s) {
    return Ops.rope(x, s.rotation.cos(), s.rotation.sin(), s.positions);
  }

  private Tensor feedForward(Tensor x) {
    return down.apply(Ops.swiGlu(gate.apply(x), up.apply(x)));
  }

  List<Projection> projections() {
    return List.of(q, k, v, o, gate, up, down);
  }

  @Override
  public void close() {
    projections().forEach(Projection::close);
    inputNorm.clearGrad();
    inputNorm.close();
    postNorm.clearGrad();
    postNorm.close();
  }
}
