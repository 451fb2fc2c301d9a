package dev.gavel.llama;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import dev.gavel.tensor.spi.PackedMatrix;
import java.util.ArrayList;
import java.util.List;

/// A linear layer without bias: x [T, C] to x w^T [T, N].
sealed interface Projection extends AutoCloseable
    permits Projection.Dense, Projection.AtRest, Lora, SavedModule {
  Tensor apply(Tensor x);

  /// residual + x w^T.
  Tensor applyAndAdd(Tensor x, Tensor residual);

  /// The same in the statistics' type: logits, of which bf16 would make many equal.
  Tensor logits(Tensor x);

  /// The mean of each row of [#logits].
  default Tensor meanLogits(Tensor x) {
    Tensor all = logits(x);
    return all.sumLast().mul(1.0 / all.shape().last());
  }

  /// Rows of w by index: the look-up in a tied embedding.
  Tensor gather(Tensor like, Tensor ids);

  /// What computes at present: itself, unless there is a choice.
  default Projection current() {
    return this;
  }

  /// The layer under an adapter; itself where there is none.
  default Projection base() {
    return this;
  }

  /// Whether an adapter counts at present.
  default boolean isUpdated() {
    return false;
  }

  /// `y` and what an adapter adds to it for `x`.
  default Tensor update(Tensor x, Tensor y) {
    return y;
  }

  @Override
  void close();

  /// x w^T for each of some w.
  static List<Tensor> apply(Tensor x, List<Projection> all) {
    List<PackedMatrix> ws = atRest(all);
    if (ws.isEmpty()) {
      return all.stream().map(p -> p.apply(x)).toList();
    }
    List<Tensor> ys = ws.stream().map(w -> room(x, x.dtype(), w)).toList();
    x.device().backend().linear(x, ws, ys);
    List<Tensor> updated = new ArrayList<>();
    for (int i = 0; i < ys.size(); i++) {
      updated.add(all.get(i).update(x, ys.get(i)));
    }
    return updated;
  }

  /// silu(x gate^T) * (x up^T).
  static Tensor gated(Tensor x, Projection gate, Projection up) {
    List<PackedMatrix> ws = atRest(List.of(gate, up));
    if (ws.isEmpty() || gate.isUpdated() || up.isUpdated()) {
      List<Tensor> both = apply(x, List.of(gate, up));
      return Ops.swiGlu(both.get(0), both.get(1));
    }
    Tensor y = room(x, x.dtype(), ws.get(0));
    x.device().backend().linearSwiGlu(x, ws.get(0), ws.get(1), y);
    return y;
  }

  /// The weights of all, under their adapters, if they are at rest; else none.
  private static List<PackedMatrix> atRest(List<Projection> all) {
    List<PackedMatrix> ws = new ArrayList<>();
    for (Projection p : all) {
      if (p.base() instanceof AtRest(PackedMatrix w)) {
        ws.add(w);
      }
    }
    return ws.size() == all.size() ? ws : List.of();
  }

  private static Tensor room(Tensor x, DType type, PackedMatrix w) {
    return x.device().empty(type, Shape.of(x.shape().dim(0), w.rows()));
  }

  /// Weights that can be trained, or frozen ones that a gradient passes through: then they are no
  /// parameter and may be of a narrower type than x.
  ///
  /// @param w [N, C]
  record Dense(Tensor w) implements Projection {
    @Override
    public Tensor apply(Tensor x) {
      return x.matmulT(w);
    }

    @Override
    public Tensor applyAndAdd(Tensor x, Tensor residual) {
      return residual.add(apply(x));
    }

    @Override
    public Tensor logits(Tensor x) {
      return Ops.logits(x, w);
    }

    /// The logits' mean is the product with the mean of w's rows.
    @Override
    public Tensor meanLogits(Tensor x) {
      long n = w.shape().dim(0);
      Tensor ones = x.device().full(x.dtype(), Shape.of(1, n), 1);
      return Ops.logits(x, ones.matmul(w).mul(1.0 / n));
    }

    @Override
    public Tensor gather(Tensor like, Tensor ids) {
      return Ops.gather(w, ids, like.dtype());
    }

    @Override
    public void close() {
      w.clearGrad();
      w.close();
    }
  }

  /// Weights at rest, in their file's type and the backend's layout. No gradient goes through them.
  record AtRest(PackedMatrix w) implements Projection {
    @Override
    public Tensor apply(Tensor x) {
      return product(x, x.dtype());
    }

    @Override
    public Tensor applyAndAdd(Tensor x, Tensor residual) {
      Tensor y = room(x, x.dtype(), w);
      x.device().backend().linearAdd(x, w, residual, y);
      return y;
    }

    @Override
    public Tensor logits(Tensor x) {
      return product(x, x.dtype().statistics());
    }

    private Tensor product(Tensor x, DType type) {
      Tensor y = room(x, type, w);
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
