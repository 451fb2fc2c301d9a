package dev.gavel.llama;

import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.PackedMatrix;

/// A linear layer without bias: x [T, C] to x w^T [T, N].
sealed interface Projection extends AutoCloseable {
  Tensor apply(Tensor x);

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
      Tensor y = x.device().empty(x.dtype(), Shape.of(x.shape().dim(0), w.rows()));
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
