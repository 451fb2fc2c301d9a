package dev.gavel.llama;

import dev.gavel.tensor.Tensor;

/// A head or an embedding of which an adapter holds a copy of its own, trained whole: PEFT's
/// `modules_to_save`.
///
/// @param base what counts without the adapter; its own copy where the base has none (a new score)
/// @param sharesBase somebody else closes the base: a tied head's is the embedding
record SavedModule(Projection base, boolean sharesBase, Projection own, Adapters adapters)
    implements Projection {
  @Override
  public Projection current() {
    return adapters.on() ? own : base;
  }

  @Override
  public Tensor apply(Tensor x) {
    return current().apply(x);
  }

  @Override
  public Tensor applyAndAdd(Tensor x, Tensor residual) {
    return current().applyAndAdd(x, residual);
  }

  @Override
  public Tensor logits(Tensor x) {
    return current().logits(x);
  }

  @Override
  public Tensor gather(Tensor like, Tensor ids) {
    return current().gather(like, ids);
  }

  @Override
  public void close() {
    own.close();
    if (!sharesBase) {
      base.close();
    }
  }
}
