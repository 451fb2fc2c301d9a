package dev.gavel.llama;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import dev.gavel.tensor.spi.PackedMatrix;

/// A linear layer without bias: x [T, C] to x w^T [T, N].
sealed interface Projection extends AutoCloseable {
  Tensor apply(Tensor x);

  /// The same in the statistics' type: logits, of which bf16 would make many equal.
  Tensor logits(Tensor x);

  /// Rows of w by index: the look-up in a tied embedding.
  Tensor gather(Tensor like, Tensor ids);

  @Override
  void close();

  /// Weights that can be trained.
  ///
  /// @param w [N, C]
  record Dense(Tensor w) implements Projection {
    @Override
    public Tensor apply(Tensor x) {
      return x.matmulT(w);
    }

    @Override
    public Tensor logits(Tensor x) {
      return Ops.logits(x, w);
    }

    @Override
    public Tensor gather(Tensor like, Tensor ids) {
      return w.gather(ids);
    }

    @Override
    public void close() {
      w.clearGrad();
      w.close();
    }
  }

  /// Weights at rest, in their file's type and the backend's layout.
  record AtRest(PackedMatrix w) implements Projection {
    @Override
    public Tensor apply(Tensor x) {
      return product(x, x.dtype());
    }

    @Override
    public Tensor logits(Tensor x) {
      return product(x, x.dtype().statistics());
    }

    private Tensor product(Tensor x, DType type) {
      Tensor y = x.device().empty(type, Shape.of(x.shape().dim(0), w.rows()));
      x.device().backend().linear(x, w, y);
      return y;
    }

    @Override
    public Tensor gather(Tensor like, Tensor ids) {
      Tensor y = like.device().empty(like.dtype(), Shape.of(ids.size(), w.columns()));
      like.device().backend().gatherRows(w, ids, y);
      return y;
    }

    @Override
    public void close() {
      w.close();
    }
  }
}
