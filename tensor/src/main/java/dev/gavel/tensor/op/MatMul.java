package dev.gavel.tensor.op;

import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.List;

/// y = op(a) op(b), where op transposes on request. Beside an f32 or f64 `a` that is not
/// transposed, `b` may be a frozen weight of a narrower type: the result has the bits of the
/// widened one.
///
/// @param wide the result in the statistics' type; its gradient is rounded to the inputs' type
record MatMul(boolean transA, boolean transB, boolean wide) implements Op {
  /// With T where a factor is transposed, N where it is not, and Wide for a wide result.
  @Override
  public String name() {
    return "matmul" + (transA ? 'T' : 'N') + (transB ? 'T' : 'N') + (wide ? "Wide" : "");
  }

  @Override
  public Tensor forward(Call c) {
    Shape a = c.in(0).shape();
    Shape b = c.in(1).shape();
    if (a.rank() != 2 || b.rank() != 2 || !c.isWeight(1) || (transA && isNarrow(c))) {
      throw c.mismatch("two matrices of one type are needed, or a narrower frozen second one");
    }
    c.requireFrozen(1);
    long inner = transA ? a.dim(0) : a.dim(1);
    if (inner != (transB ? b.dim(1) : b.dim(0))) {
      boolean other = inner == (transB ? b.dim(0) : b.dim(1));
      throw c.mismatch(
          "inner sizes differ"
              + (other ? "; did you mean " + (transB ? "matmul" : "matmulT (x w^T)") + "?" : ""));
    }
    Shape shape = Shape.of(transA ? a.dim(1) : a.dim(0), transB ? b.dim(0) : b.dim(1));
    Tensor y = wide ? c.statistics(shape) : c.empty(shape);
    try (Scope _ = Scope.open()) {
      c.backend().matmul(c.in(0), transA, c.weight(1), transB, y, false);
    }
    return y;
  }

  private static boolean isNarrow(Call c) {
    return c.in(0).dtype() != c.in(1).dtype();
  }

  @Override
  public void backward(Call c, Tensor gradient) {
    Tensor a = c.in(0);
    Tensor b = c.in(1);
    Tensor gy = gradient.dtype() == a.dtype() ? gradient : gradient.to(a.dtype());
    c.into(
        0,
        (g, add) -> {
          if (transA) {
            c.backend().matmul(b, transB, gy, true, g, add);
          } else {
            c.backend().matmul(gy, false, c.weight(1), !transB, g, add);
          }
        });
    c.into(
        1,
        (g, add) -> {
          if (transB) {
            c.backend().matmul(gy, true, a, transA, g, add);
          } else {
            c.backend().matmul(a, !transA, gy, false, g, add);
          }
        });
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        sized(1, 1, 1),
        sized(5, 7, 3),
        sized(17, 33, 31),
        sized(64, 16, 48),
        sized(0, 4, 3),
        sized(3, 4, 0),
        sized(61, 97, 131));
  }

  private OpCase sized(int m, int n, int k) {
    return OpCase.of(this)
        .uniform(-1, 1, transA ? k : m, transA ? m : k)
        .uniform(-1, 1, transB ? n : k, transB ? k : n);
  }

  /// The FFN of a small model on 256 tokens.
  @Override
  public OpCase benchCase() {
    return sized(256, 2048, 768);
  }

  @Override
  public Work work(OpCase c) {
    Shape a = c.inputs().get(0).shape();
    Shape b = c.inputs().get(1).shape();
    long n = transB ? b.dim(0) : b.dim(1);
    long outputs = (transA ? a.dim(1) : a.dim(0)) * n;
    long flops = 2 * a.size() * n;
    return Work.moving(c, outputs).computing(flops, 2 * flops);
  }
}
