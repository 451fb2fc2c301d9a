package dev.gavel.llama;

import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;

/// A frozen linear layer with a low-rank update (Hu et al., arXiv 2106.09685, Eq. 3):
///
/// ```
///   y = x W^T + scale * dropout(x) A^T B^T
/// ```
///
/// The base may be at rest or dense; what it computes for several layers at once it still does, and
/// the updates are added.
///
/// @param weight the name of W
/// @param a [r, C], of the arithmetic type
/// @param b [N, r]
record Lora(
    Projection base, String weight, Tensor a, Tensor b, LoraConfig config, Adapters adapters)
    implements Projection {
  @Override
  public Tensor apply(Tensor x) {
    return update(x, base.apply(x));
  }

  @Override
  public Tensor applyAndAdd(Tensor x, Tensor residual) {
    return update(x, base.applyAndAdd(x, residual));
  }

  @Override
  public Tensor update(Tensor x, Tensor y) {
    if (!isUpdated()) {
      return y;
    }
    Tensor in = adapters.mask(weight, config.dropout()).map(m -> Ops.dropout(x, m)).orElse(x);
    return y.add(in.matmulT(a).mul(config.scale()).matmulT(b));
  }

  @Override
  public boolean isUpdated() {
    return adapters.counts();
  }

  @Override
  public Tensor logits(Tensor x) {
    throw new IllegalStateException(weight + " is a layer's; heads are not adapted");
  }

  @Override
  public Tensor gather(Tensor like, Tensor ids) {
    throw new IllegalStateException(weight + " is a layer's; embeddings are not adapted");
  }

  @Override
  public void close() {
    base.close();
    for (Tensor t : new Tensor[] {a, b}) {
      t.clearGrad();
      t.close();
    }
  }
}
