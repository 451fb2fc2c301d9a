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
    Tensor y = attention(Ops.rmsNorm(x, inputNorm, s.config.rmsNormEps()), s);
    Tensor h = o.applyAndAdd(y, x);
    Tensor z = Ops.rmsNorm(h, postNorm, s.config.rmsNormEps());
    return down.applyAndAdd(Projection.gated(z, gate, up), h);
  }

  private Tensor attention(Tensor x, Step s) {
    long t = x.shape().dim(0);
    int heads = s.config.numAttentionHeads();
    int kvHeads = s.config.numKeyValueHeads();
    int d = s.config.headDim();
    List<Tensor> qkv = Projection.apply(x, List.of(q, k, v));
    Tensor queries = rotate(qkv.get(0).reshape(t, heads, d), s);
    Tensor keys = rotate(qkv.get(1).reshape(t, kvHeads, d), s);
    Tensor values = qkv.get(2).reshape(t, kvHeads, d);
    Tensor y = s.attend.apply(index, queries, keys, values);
    return y.reshape(t, (long) heads * d);
  }

  private static Tensor rotate(Tensor x, Step s) {
    return Ops.rope(x, s.rotation.cos(), s.rotation.sin(), s.positions);
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
