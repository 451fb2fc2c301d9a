package dev.gavel.tensor.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.List;

/// Rotary position embedding (Su et al., arXiv 2104.09864) in the half-split layout of Hugging
/// Face's Llama weights: element i turns with element i + D/2. Inputs: x [T, H, D], cos and sin
/// [positions, D/2], positions i32 [T].
record Rope() implements Op {
  @Override
  public Tensor forward(Call c) {
    Shape x = c.in(0).shape();
    boolean fits =
        x.rank() == 3
            && x.last() % 2 == 0
            && c.in(1).shape().last() == x.last() / 2
            && c.in(2).shape().equals(c.in(1).shape())
            && c.in(3).dtype() == DType.I32
            && c.in(3).size() == x.dim(0);
    if (!fits) {
      throw c.mismatch(
          "needed are x [T, H, D] with even D, cos and sin [positions, D/2], positions i32 [T]");
    }
    Tensor y = c.empty(x);
    c.backend().rope(c.in(0), c.in(1), c.in(2), c.in(3), false, y);
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    Tensor g = c.empty(gy.shape());
    c.backend().rope(gy, c.in(1), c.in(2), c.in(3), true, g);
    c.add(0, g);
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        sized(5, 2, 16), sized(1, 1, 2), sized(3, 3, 24), sized(0, 2, 8), sized(9, 1, 64));
  }

  private OpCase sized(int t, int h, int d) {
    return OpCase.of(this)
        .uniform(-1, 1, t, h, d)
        .constant(-1, 1, 7, d / 2)
        .constant(-1, 1, 7, d / 2)
        .ids(7, t);
  }

  /// The queries of 1024 tokens.
  @Override
  public OpCase benchCase() {
    return sized(1024, 12, 64);
  }
}
